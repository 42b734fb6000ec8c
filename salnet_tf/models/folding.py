"""Batch normalisation folded into the convolutions before it: fewer operations, same numbers."""

import numpy as np

from salnet_tf.models import centre_prior, salnet


def fold(model, image_size=None):
    """The network without batch normalisation: each convolution takes over its scale and offset.

    With scale s = gamma / sqrt(variance + epsilon), normalising `conv(x)` is the convolution with
    kernel * s and bias beta + (bias - mean) * s (arXiv:1712.05877, section 3.2).

    Args:
        model: a `SalNet`.
        image_size: (height, width) of the folded model's canvas; None keeps the model's.

    Returns:
        A `SalNet` of the same configuration, `batch_norm=False`.
    """
    folded = salnet.build_salnet(model.config, image_size or model.image_size, batch_norm=False)
    sources = {layer.name: layer for layer in model.layers}
    for layer in folded.layers:
        if not layer.weights:
            continue
        source = sources[layer.name]
        norm = sources.get(layer.name.removesuffix("_conv") + "_bn")
        layer.set_weights(_folded(source, norm) if norm else source.get_weights())
        if isinstance(layer, centre_prior.CentrePrior):
            _freeze(layer)
    return folded


def _freeze(layer):
    """Evaluate the prior now, at the output stride: converters leave its formula half folded."""
    prior = np.asarray(layer.log_prior())
    layer.log_prior = lambda: prior


def _folded(layer, norm):
    """Kernel and bias of a convolution that does its batch normalisation as well, float32."""
    kernel, *bias = (np.asarray(w, np.float64) for w in layer.get_weights())
    scale = np.asarray(norm.gamma, np.float64) / np.sqrt(
        np.asarray(norm.moving_variance, np.float64) + norm.epsilon
    )
    offset = (
        np.asarray(norm.beta) + ((bias[0] if bias else 0) - np.asarray(norm.moving_mean)) * scale
    )
    # A depthwise kernel [h, w, channels, 1] has its output channels on the third axis.
    depthwise = kernel.shape[-1] == 1 and kernel.shape[-2] == len(scale)
    return [kernel * (scale[:, None] if depthwise else scale), offset]
