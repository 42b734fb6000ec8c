"""Calibration to another data set: centre bias, spread and scale, seven numbers."""

import math

import keras
import numpy as np
from keras import ops

# The blur reaches this many cells of the output stride to either side.
_REACH = 4
# The bias weighs so much at least: almost nothing, but its place has a gradient.
_LEAST = 0.01


class _Hill(keras.constraints.Constraint):
    """Keeps the bias a hill.

    Free to fall below 0, it would be fitted to a set that looks to one side as a hollow on the
    other, which is a worse optimum.
    """

    def __call__(self, weight):
        return ops.maximum(weight, _LEAST)


@keras.saving.register_keras_serializable("salnet")
class Calibration(keras.layers.Layer):
    """Scales the logits, blurs them, and adds one Gaussian of centre bias; starts as the identity.

    Data sets differ in little else: DeepGaze MSDB (arXiv:2505.10169) wins back most of the gap
    between sets by fitting fewer than 20 numbers on some 50 images.

    Weights: log_scale, log_spread (Gaussian sigma in cells), bias_weight (at least 0.01), bias_mean
    (x, y in -1..1), bias_log_std (x, y). Input and output: `[batch, height, width, 1]` logits at
    the output stride, height and width static.
    """

    def build(self, input_shape):
        self.height, self.width = input_shape[1:3]
        self.log_scale = self.add_weight(name="log_scale", shape=(), initializer="zeros")
        # A sigma of 0.3 cells gives a neighbour 0.4 %: almost nothing, but a gradient.
        self.log_spread = self._constant("log_spread", (), float(np.log(0.3)))
        self.bias_weight = self._constant("bias_weight", (), _LEAST, _Hill())
        self.bias_mean = self.add_weight(name="bias_mean", shape=(2,), initializer="zeros")
        self.bias_log_std = self._constant("bias_log_std", (2,), float(np.log(0.5)))

    def _constant(self, name, shape, value, constraint=None):
        initializer = keras.initializers.Constant(value)
        return self.add_weight(
            name=name, shape=shape, initializer=initializer, constraint=constraint
        )

    def numbers(self):
        """The weights as they act: {name: number, or (x, y)}, spread in cells of the stride."""
        values = [ops.convert_to_numpy(weight).tolist() for weight in self.weights]
        log_scale, log_spread, bias_weight, bias_mean, bias_log_std = values
        return {
            "scale": math.exp(log_scale),
            "spread": math.exp(log_spread),
            "bias_weight": bias_weight,
            "bias_mean": tuple(bias_mean),
            "bias_std": tuple(math.exp(std) for std in bias_log_std),
        }

    def call(self, inputs):
        blurred = self._blurred(inputs)
        return ops.exp(self.log_scale) * blurred + self.bias_weight * self._bias()

    def _blurred(self, logits):
        offsets = np.arange(-_REACH, _REACH + 1, dtype="float32")
        line = ops.softmax(-0.5 * (offsets / ops.exp(self.log_spread)) ** 2)
        kernel = ops.reshape(line[:, None] * line[None, :], (len(offsets), len(offsets), 1, 1))
        reach = ((0, 0), (_REACH, _REACH), (_REACH, _REACH), (0, 0))
        padded = ops.pad(logits, reach, mode="symmetric")
        return ops.depthwise_conv(padded, kernel, padding="valid")

    def _bias(self):
        x = (np.arange(self.width, dtype="float32") + 0.5) / self.width * 2 - 1
        y = (np.arange(self.height, dtype="float32") + 0.5) / self.height * 2 - 1
        std = ops.exp(self.bias_log_std)
        zx = (x - self.bias_mean[0]) / std[0]
        zy = (y - self.bias_mean[1]) / std[1]
        return ops.exp(-0.5 * (zy[:, None] ** 2 + zx[None, :] ** 2))[None, :, :, None]
