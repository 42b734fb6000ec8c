import keras
import numpy as np
import pytest

from salnet_tf.models import set_adaptation


@pytest.fixture
def layer():
    made = set_adaptation.Calibration()
    made.build((None, 6, 8, 1))
    made.bias_weight.assign(0.0)
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
    layer.bias_weight.assign(0.7)
    layer.bias_mean.assign([0.5, -0.25])
    numbers = layer.numbers()
    assert numbers.pop("bias_mean") == (0.5, -0.25)
    assert numbers.pop("bias_std") == pytest.approx((0.5, 0.5))
    assert numbers == pytest.approx({"scale": 1, "spread": 0.3, "bias_weight": 0.7})


def test_fitting_never_makes_a_hollow(layer):
    optimizer = keras.optimizers.AdamW(0.05)
    optimizer.build(layer.trainable_variables)
    up = [keras.ops.ones(weight.shape) for weight in layer.trainable_variables]
    layer.bias_weight.assign(0.11)
    for _ in range(5):
        optimizer.apply(up)
    assert layer.numbers()["bias_weight"] == pytest.approx(0.01)
    assert layer.numbers()["bias_mean"] == pytest.approx((-0.25, -0.25), rel=0.02)


def test_a_file_with_a_hollow_of_earlier_fits_predicts_as_it_did(layer, tmp_path):
    layer.bias_weight.assign(-2.7)
    inputs = keras.Input((6, 8, 1))
    keras.Model(inputs, layer(inputs)).save(tmp_path / "hollow.keras")
    read = keras.saving.load_model(tmp_path / "hollow.keras")
    np.testing.assert_array_equal(read(logits()), layer(logits()))
    assert read.layers[-1].numbers()["bias_weight"] == pytest.approx(-2.7)
