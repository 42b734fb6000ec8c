import keras
import numpy as np
import pytest

from salnet_tf.models import centre_prior


def test_one_gaussian_is_the_hand_worked_one():
    layer = centre_prior.CentrePrior(1)
    layer.build((None, 3, 4, 1))
    layer.mean.assign([[0.5, 0.0]])
    layer.log_std.assign([[np.log(0.5), np.log(2.0)]])
    layer.log_weight.assign([0.7])
    # Centre of the cell in row 0, column 3: x = 0.75, y = -2/3.
    expected = 0.7 - 0.5 * ((0.75 - 0.5) / 0.5) ** 2 - 0.5 * (-2 / 3 / 2.0) ** 2
    logits = layer(np.zeros((1, 3, 4, 1), "float32"))
    assert float(logits[0, 0, 3, 0]) == pytest.approx(expected, abs=1e-6)


def test_fresh_prior_peaks_at_the_centre():
    prior = centre_prior.CentrePrior(8)
    prior.build((None, 15, 20, 1))
    row, column = np.unravel_index(np.argmax(prior.log_prior()), (15, 20))
    assert abs(row - 7) <= 1 and abs(column - 9.5) <= 1.5


def test_round_trip():
    layer = centre_prior.CentrePrior(3)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert copy.gaussians == 3


def test_no_gaussian_is_refused():
    with pytest.raises(ValueError, match=r"at least 1\. Received: 0"):
        centre_prior.CentrePrior(0)
