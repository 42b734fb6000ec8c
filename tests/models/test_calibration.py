import numpy as np
import pytest

from salnet_tf.models import calibration


@pytest.fixture
def layer():
    made = calibration.Calibration()
    made.build((None, 6, 8, 1))
    return made


def logits():
    return np.random.default_rng(0).normal(size=(2, 6, 8, 1)).astype("float32")


def test_seven_numbers(layer):
    assert sum(int(np.prod(w.shape)) for w in layer.weights) == 7


def test_bias_is_the_hand_worked_gaussian(layer):
    layer.bias_weight.assign(2.0)
    layer.bias_mean.assign([0.5, 0.0])
    # Row 2, column 5 of 6x8: x = 0.375, y = -1/6; both standard deviations 0.5.
    expected = 2 * np.exp(-0.5 * ((0.375 - 0.5) ** 2 + (1 / 6) ** 2) / 0.25)
    got = layer(np.zeros((1, 6, 8, 1), "float32"))[0, 2, 5, 0]
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_spread_blurs_and_keeps_a_constant_map(layer):
    layer.log_spread.assign(np.log(2.0))
    blurred = layer(logits()).numpy()
    assert blurred.std() < 0.5 * logits().std()
    np.testing.assert_allclose(layer(np.ones((1, 6, 8, 1), "float32")), 1, rtol=1e-5)


def test_scale_multiplies(layer):
    before = layer(logits()).numpy()
    layer.log_scale.assign(np.log(3.0))
    np.testing.assert_allclose(layer(logits()), 3 * before, rtol=1e-5, atol=1e-6)


def test_its_numbers_are_the_weights_as_they_act(layer):
    layer.bias_mean.assign([0.5, -0.25])
    numbers = layer.numbers()
    assert numbers.pop("bias_mean") == (0.5, -0.25)
    assert numbers.pop("bias_std") == pytest.approx((0.5, 0.5))
    assert numbers == pytest.approx({"scale": 1, "spread": 0.3, "bias_weight": 0})
