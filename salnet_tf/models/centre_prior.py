"""The centre prior: people look at the middle of a photo before they look at what is in it."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("salnet")
class CentrePrior(keras.layers.Layer):
    """Adds a learned log-mixture of axis-aligned Gaussians, a function of canvas coordinates.

    The coordinates run over -1..1 from edge to edge, so no parameter's shape depends on the size:
    the same weights serve any canvas. 16 Gaussians as a learned prior: Cornia et al.,
    arXiv:1611.09571; here their sum is taken in the log domain and added to the logits.

    Args:
        gaussians: number of Gaussians, at least 1; five numbers each.

    Input and output: `[batch, height, width, 1]` logits, the height and width static.
    """

    def __init__(self, gaussians=8, **kwargs):
        super().__init__(**kwargs)
        if gaussians < 1:
            raise ValueError(f"gaussians must be at least 1. Received: {gaussians}")
        self.gaussians = gaussians

    def build(self, input_shape):
        self.height, self.width = input_shape[1:3]
        # Start as one broad Gaussian at the centre, split into components of graded widths.
        widths = np.log(np.linspace(0.25, 1.0, self.gaussians)[:, None].repeat(2, 1))
        self.mean = self.add_weight(
            name="mean",
            shape=(self.gaussians, 2),
            initializer=keras.initializers.RandomUniform(-0.1, 0.1, seed=0),
        )
        self.log_std = self.add_weight(
            name="log_std",
            shape=(self.gaussians, 2),
            initializer=lambda shape, dtype=None: ops.convert_to_tensor(widths, dtype),
        )
        self.log_weight = self.add_weight(
            name="log_weight", shape=(self.gaussians,), initializer="zeros"
        )

    def log_prior(self):
        """The prior's logits, `[1, height, width, 1]` float32."""
        x = (np.arange(self.width, dtype="float32") + 0.5) / self.width * 2 - 1
        y = (np.arange(self.height, dtype="float32") + 0.5) / self.height * 2 - 1
        mean, std = ops.cast(self.mean, "float32"), ops.exp(ops.cast(self.log_std, "float32"))
        zx = (x[:, None] - mean[:, 0]) / std[:, 0]
        zy = (y[:, None] - mean[:, 1]) / std[:, 1]
        exponent = -0.5 * (zy[:, None] ** 2 + zx[None] ** 2) + ops.cast(self.log_weight, "float32")
        return ops.logsumexp(exponent, axis=-1)[None, :, :, None]

    def call(self, inputs):
        return inputs + ops.cast(self.log_prior(), inputs.dtype)

    def get_config(self):
        return {**super().get_config(), "gaussians": self.gaussians}
