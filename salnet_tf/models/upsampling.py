"""Bilinear upsampling of one channel by a whole factor, as a small convolution."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("salnet")
class BilinearUpsampling(keras.layers.Layer):
    """The numbers of `keras.layers.UpSampling2D(factor, interpolation="bilinear")`.

    Every output is a fixed mix of 3x3 inputs, edges repeated. One 3x3 convolution makes all
    factor x factor outputs of a cell as channels, which are then laid out in space: on LiteRT a
    fraction of the time of a resize, which works pixel by pixel. No step has more than four
    dimensions, which GPUs of phones and browsers refuse.

    Args:
        factor: whole number, at least 2.

    Input: `[batch, height, width, 1]`, sides static; output `[batch, factor * height, factor *
    width, 1]`.
    """

    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, input_shape):
        if input_shape[-1] != 1:
            raise ValueError(f"One channel can be upsampled. Received: {input_shape[-1]}")
        taps = _taps(self.factor)
        kernel = taps[:, None, :, None] * taps[None, :, None, :]
        self.kernel = kernel.reshape(3, 3, 1, -1)

    def call(self, inputs):
        x = ops.concatenate([inputs[:, :1], inputs, inputs[:, -1:]], axis=1)
        x = ops.concatenate([x[:, :, :1], x, x[:, :, -1:]], axis=2)
        x = ops.conv(x, ops.cast(self.kernel, x.dtype), padding="valid")
        return ops.depth_to_space(x, self.factor)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return batch, height * self.factor, width * self.factor, channels

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def _taps(factor):
    """`[3, factor]`: weights of the cells before, at and after for each output within a cell."""
    offset = (np.arange(factor) + 0.5) / factor - 0.5
    return np.stack([np.maximum(-offset, 0), 1 - np.abs(offset), np.maximum(offset, 0)])
