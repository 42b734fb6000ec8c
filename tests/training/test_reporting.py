import numpy as np
import tensorflow as tf

from salnet_tf.training import reporting


def test_panels_show_photo_truth_and_prediction_side_by_side():
    density = np.zeros((1, 4, 6, 1), "float32")
    density[0, 1, 2] = 1
    batch = {"image": tf.fill((1, 4, 6, 3), 255.0), "density": tf.constant(density)}
    panel = reporting.panels(batch, tf.math.log(density[:, :, ::-1] + 1e-9))
    assert panel.shape == (1, 4, 18, 3) and panel.dtype == np.uint8
    assert np.all(panel[0, :, :6] == 255)
    changed = np.argwhere((panel[0] != 255).any(axis=-1)).tolist()
    assert changed == [[1, 6 + 2], [1, 12 + 3]]
