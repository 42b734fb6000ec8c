"""Batch normalisation folded into the convolutions before it: fewer operations, same numbers."""

import numpy as np

from salnet_tf.models import centre_prior, salnet


def fold(model, image_size=None):
    """The network without batch normalisation: each convolution takes over its scale and offset.

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


def fold_convolution(kernel, bias, gamma, beta, mean, variance, epsilon):
    """A convolution that does the batch normalisation after it as well.

    With gain g = gamma / sqrt(variance + epsilon), normalising `conv(x)` is the convolution with
    kernel * g and bias beta + (bias - mean) * g (arXiv:1712.05877, section 3.2).

    Args:
        kernel: `[h, w, inputs, channels]`, or depthwise `[h, w, channels, 1]`; float64.
        bias: `[channels]`, or 0.
        gamma, beta, mean, variance: of the normalisation, `[channels]` float64.
        epsilon: of the normalisation.

    Returns:
        [kernel, bias] of the same shapes, float64.
    """
    gain = gamma / np.sqrt(variance + epsilon)
    depthwise = kernel.shape[-1] == 1 and kernel.shape[-2] == len(gain)
    return [kernel * (gain[:, None] if depthwise else gain), beta + (bias - mean) * gain]


def _freeze(layer):
    """Evaluate the prior now, at the output stride: converters leave its formula half folded."""
    prior = np.asarray(layer.log_prior())
    layer.log_prior = lambda: prior


def _folded(layer, norm):
    kernel, *bias = (np.asarray(weight, np.float64) for weight in layer.get_weights())
    statistics = (norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance)
    statistics = (np.asarray(weight, np.float64) for weight in statistics)
    return fold_convolution(kernel, bias[0] if bias else 0.0, *statistics, norm.epsilon)
