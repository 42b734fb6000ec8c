import numpy as np
import tensorflow as tf

from salnet_tf.training import pictures


def test_panels_show_photo_truth_and_prediction_side_by_side():
    density = np.zeros((1, 4, 6, 1), "float32")
    density[0, 1, 2] = 1
    batch = {"image": tf.fill((1, 4, 6, 3), 255.0), "density": tf.constant(density)}
    panel = pictures.panels(batch, tf.math.log(density[:, :, ::-1] + 1e-9)).numpy()
    assert panel.shape == (1, 4, 18, 3) and panel.min() >= 0 and panel.max() <= 1
    assert np.all(panel[0, :, :6] == 1)
    assert panel[0, 1, 6 + 2, 0] == 1 and panel[0, 1, 12 + 3, 0] == 1
