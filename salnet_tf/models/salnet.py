"""SalNet: a photo on its canvas in, the logits of a density over the canvas out."""

import keras
from keras import layers

from salnet_tf.models import blocks, centre_prior, presets, set_adaptation, upsampling

_LONGEST_SIDE = 4096  # pixels of a canvas


@keras.saving.register_keras_serializable("salnet")
class SalNet(keras.Model):
    """Two 3x3 convolutions, thirteen inverted residual modules, one 1x1 reduction.

    Input: `[batch, height, width, 3]` float RGB, 0..255. Output: `[batch, height, width, 1]`
    float32 logits, the log-density up to a constant. Both sides must be multiples of
    `config.size_multiple`.

    Args:
        config: a `SalNetConfig`, or its dict.
        image_size: (height, width) of the canvas in pixels.
        batch_norm: False builds the folded form, which `models.folding` fills.

    Raises:
        ValueError: a side is not a multiple of the stride.
    """

    def __init__(
        self, config, image_size=presets.IMAGE_SIZE, batch_norm=True, name="salnet", **kwargs
    ):
        if isinstance(config, dict):
            config = presets.SalNetConfig(**config)
        image_size = _checked_size(image_size, config.size_multiple)
        inputs = keras.Input((*image_size, 3), name="image")
        x = layers.Rescaling(1 / 127.5, offset=-1.0, name="rescale")(inputs)
        for i in range(2):
            x = blocks.stem(
                x,
                config.stem_filters[i],
                config.stem_strides[i],
                config.activation,
                f"stem{i + 1}",
                batch_norm,
            )
        x = _modules(x, config, batch_norm)
        x = layers.Conv2D(1, 1, name="reduction", dtype="float32")(x)
        if config.smoothing:
            x = layers.DepthwiseConv2D(
                config.smoothing,
                padding="same",
                use_bias=False,
                depthwise_initializer=_identity_kernel,
                name="smoothing",
                dtype="float32",
            )(x)
        if config.prior_gaussians:
            x = centre_prior.CentrePrior(
                config.prior_gaussians, name="centre_prior", dtype="float32"
            )(x)
        if config.calibrated:
            x = set_adaptation.Calibration(name="calibration", dtype="float32")(x)
        if config.output_stride > 1:
            x = upsampling.BilinearUpsampling(
                config.output_stride, name="upsample", dtype="float32"
            )(x)
        super().__init__(inputs=inputs, outputs=x, name=name, **kwargs)
        self.config = config
        self.image_size = image_size
        self.batch_norm = batch_norm

    def with_image_size(self, image_size):
        """The same network at another canvas size: a new model with a copy of the weights."""
        model = SalNet(self.config, image_size, self.batch_norm, name=self.name)
        model.set_weights(self.get_weights())
        return model

    def module_output(self, number):
        """The output of a module, by its number from 1: `[batch, rows, columns, filters]`."""
        added = f"module{number}_add"
        names = {layer.name for layer in self.layers}
        return self.get_layer(added if added in names else f"module{number}_project_bn").output

    def get_config(self):
        return {
            "config": self.config.to_dict(),
            "image_size": list(self.image_size),
            "batch_norm": self.batch_norm,
            "name": self.name,
            "trainable": self.trainable,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


def build_salnet(config, image_size=None, batch_norm=True):
    """Build a `SalNet`.

    Args:
        config: a `SalNetConfig`, or the name of a preset.
        image_size: (height, width) of the canvas, multiples of `config.size_multiple`; by default
            the preset's, or 240x320.
        batch_norm: False builds the folded form used by exports.

    Returns:
        A `SalNet` with fresh weights.

    Raises:
        ValueError: unknown preset, or a size that is not a multiple of the stride.
    """
    own_size = presets.IMAGE_SIZE
    if isinstance(config, str):
        own_size = presets.preset(config).image_size
        config = presets.preset(config).config
    return SalNet(config, image_size or own_size, batch_norm)


def _modules(x, config, batch_norm):
    outputs = []
    for number, module in enumerate(config.modules, 1):
        name = f"module{number}"
        if module.pool:
            x = layers.MaxPooling2D(2, name=f"{name}_pool")(x)
        if module.upsample:
            x = layers.UpSampling2D(2, interpolation="bilinear", name=f"{name}_upsample")(x)
        if module.skip:
            x = layers.Concatenate(name=f"{name}_concat")([x, outputs[module.skip - 1]])
        x = blocks.inverted_residual(x, module, config.activation, name, batch_norm)
        outputs.append(x)
    return x


def _identity_kernel(shape, dtype=None):
    """A depthwise kernel that changes nothing: 1 at its centre."""
    centre = keras.ops.one_hot(shape[0] * shape[1] // 2, shape[0] * shape[1], dtype=dtype)
    return keras.ops.reshape(centre, (shape[0], shape[1], 1, 1)) * keras.ops.ones(shape, dtype)


def _checked_size(image_size, multiple):
    image_size = tuple(int(side) for side in image_size)
    fits = [1 <= side <= _LONGEST_SIDE and side % multiple == 0 for side in image_size]
    if len(image_size) != 2 or not all(fits):
        raise ValueError(
            f"image_size must be a multiple of {multiple}, up to {_LONGEST_SIDE}. "
            f"Received: {image_size}"
        )
    return image_size
