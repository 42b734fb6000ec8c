"""The blocks: functions that take and return a tensor; every layer's name is spelled out."""

import keras
from keras import layers

from salnet_tf.models import batch_norm as batch_norm_lib


def _norm(x, name, batch_norm):
    return batch_norm_lib.FusedBatchNormalization(name=f"{name}_bn")(x) if batch_norm else x


def stem(x, filters, stride, activation, name, batch_norm=True):
    """A 3x3 convolution, batch normalisation, activation.

    Args:
        x: `[batch, height, width, channels]`.
        filters: output channels.
        stride: 1 or 2.
        activation: a Keras activation's name.
        name: prefix of the layers' names.
        batch_norm: False builds the folded form: no normalisation, a bias in the convolution.

    Returns:
        `[batch, height / stride, width / stride, filters]`.
    """
    x = layers.Conv2D(
        filters,
        3,
        strides=stride,
        padding="same",
        use_bias=not batch_norm,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    x = _norm(x, name, batch_norm)
    return layers.Activation(activation, name=f"{name}_act")(x)


def inverted_residual(x, module, activation, name, batch_norm=True):
    """An inverted residual module: expand 1x1, depthwise, linear projection 1x1 (arXiv:1801.04381).

    The input is added to the output where their shapes agree.

    Args:
        x: `[batch, height, width, channels]`, after any pooling, upsampling or skip.
        module: a `ModuleConfig`.
        activation: a Keras activation's name.
        name: prefix of the layers' names.
        batch_norm: False builds the folded form: no normalisation, biases in the convolutions.

    Returns:
        `[batch, height / stride, width / stride, module.filters]`.
    """
    shortcut = x
    x = _pointwise(x, module.expanded, f"{name}_expand", batch_norm)
    x = layers.Activation(activation, name=f"{name}_expand_act")(x)
    x = layers.DepthwiseConv2D(
        module.kernel_size,
        strides=module.stride,
        dilation_rate=module.dilation,
        padding="same",
        use_bias=not batch_norm,
        depthwise_initializer=keras.initializers.VarianceScaling(
            2.0 * module.expanded, mode="fan_in", distribution="truncated_normal"
        ),
        name=f"{name}_depthwise_conv",
    )(x)
    x = _norm(x, f"{name}_depthwise", batch_norm)
    if module.context:
        x = _context(x, name)
    x = layers.Activation(activation, name=f"{name}_depthwise_act")(x)
    x = _pointwise(x, module.filters, f"{name}_project", batch_norm)
    if x.shape == shortcut.shape:
        x = layers.Add(name=f"{name}_add")([shortcut, x])
    return x


def _pointwise(x, filters, name, batch_norm):
    x = layers.Conv2D(
        filters, 1, use_bias=not batch_norm, kernel_initializer="he_normal", name=f"{name}_conv"
    )(x)
    return _norm(x, name, batch_norm)


def _context(x, name):
    """Add a projection of the global average: what the whole photo holds, at every place."""
    pooled = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_context_pool")(x)
    pooled = layers.Conv2D(32, 1, activation="relu", name=f"{name}_context_squeeze")(pooled)
    pooled = layers.Conv2D(
        x.shape[-1], 1, kernel_initializer="zeros", name=f"{name}_context_expand"
    )(pooled)
    return layers.Add(name=f"{name}_context_add")([x, pooled])
