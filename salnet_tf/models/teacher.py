"""The teacher: frozen ImageNet features, small readouts trained on fixations, centre priors.

Strides 8, 16 and 32 of the backbone are standardised and brought to one width; depthwise residual
blocks work at stride 16, a thin convolution at stride 8, and the prior of the photo's data set is
added there. One prior and one sharpness per data set (domain), as in UNISAL (arXiv:2003.05477):
viewing time and photographers differ between sets. A photo of no known set gets their mean.

A teacher may hold several readouts, each trained without one fold of the photos: their logits are
averaged, except over a photo they were trained on, where the one that never saw it is asked.
"""

import zlib

import keras
import numpy as np
from keras import layers, ops

from salnet_tf.models import efficientnet_lite

OUTPUT_STRIDE = 8
PRIOR_GRID = (6, 8)


@keras.saving.register_keras_serializable("salnet")
class DomainPrior(layers.Layer):
    """Adds to the logits a coarse map per domain, then scales them by the domain's sharpness.

    Inputs: logits `[batch, height, width, 1]` and domain weights `[batch, domains]`, which sum
    to 1. Output: logits of the same shape.
    """

    def build(self, input_shapes):
        (_, self.height, self.width, _), (_, domains) = input_shapes
        cells = PRIOR_GRID[0] * PRIOR_GRID[1]
        self.shared = self.add_weight(name="shared", shape=(1, cells), initializer="zeros")
        self.own = self.add_weight(name="own", shape=(domains, cells), initializer="zeros")
        self.sharpness = self.add_weight(name="sharpness", shape=(domains, 1), initializer="zeros")

    def call(self, inputs):
        logits, domain = inputs
        prior = ops.reshape(self.shared + ops.matmul(domain, self.own), (-1, *PRIOR_GRID, 1))
        prior = ops.image.resize(
            prior, (self.height, self.width), interpolation="bicubic", data_format="channels_last"
        )
        scale = ops.exp(ops.matmul(domain, self.sharpness))[:, :, None, None]
        return (logits + prior) * scale


@keras.saving.register_keras_serializable("salnet")
class Teacher(keras.Model):
    """A backbone and its readouts, for any photo: used like a `SalNet`.

    Input: `[batch, height, width, 3]` float RGB, 0..255. Output: `[batch, height, width, 1]`
    float32 logits, the log-density up to a constant: the mean over the readouts, and over the photo
    and its mirror, with the mean of the domains' priors.

    Args:
        backbone: one of `efficientnet_lite.SCALES`.
        image_size: (height, width) of the canvas in pixels, multiples of 32.
        datasets: full names of the sets trained on, the domains.
        folds: number of folds the photos were dealt to; 1 where no photo was held out.
        held_out: for each readout the fold it was trained without (0 and up), or None.
        width: channels of the readouts at stride 16.
        thin: their channels at stride 8.
    """

    def __init__(
        self,
        backbone,
        image_size,
        datasets,
        folds=1,
        held_out=(None,),
        width=64,
        thin=16,
        name="teacher",
        **kwargs,
    ):
        image_size = tuple(int(side) for side in image_size)
        extractor = efficientnet_lite.build_efficientnet_lite(backbone, image_size)
        extractor.trainable = False
        readouts = [
            build_readout(extractor, len(datasets), width, thin, name=f"readout{i + 1}")
            for i in range(len(held_out))
        ]
        image = keras.Input((*image_size, 3), name="image")
        x = ops.mean(_readout_logits(extractor, readouts, image), axis=-1, keepdims=True)
        x = layers.UpSampling2D(OUTPUT_STRIDE, interpolation="bilinear", name="upsample")(x)
        super().__init__(inputs=image, outputs=x, name=name, **kwargs)
        self.image_size = image_size
        self.settings = {
            "backbone": backbone,
            "image_size": list(image_size),
            "datasets": list(datasets),
            "folds": folds,
            "held_out": list(held_out),
            "width": width,
            "thin": thin,
        }

    @property
    def backbone(self):
        return self.get_layer(self.settings["backbone"])

    @property
    def readouts(self):
        return [self.get_layer(f"readout{i + 1}") for i in range(len(self.settings["held_out"]))]

    def readout_logits(self, image, domain, mirror=True):
        """Each readout's logits, averaged over the photo and its mirror.

        Args:
            image: `[batch, height, width, 3]`, RGB 0..255.
            domain: `[batch, domains]`, see `domain_of`.
            mirror: False looks at the photo alone, in half the time.

        Returns:
            `[batch, height / 8, width / 8, readouts]`.
        """
        domain = ops.convert_to_tensor(domain)
        return _readout_logits(self.backbone, self.readouts, image, domain, mirror)

    def domain_of(self, dataset):
        """The domain weights of a set's photos, `[domains]` float32: all alike if not known."""
        names = self.settings["datasets"]
        if dataset not in names:
            return np.full(len(names), 1 / len(names), np.float32)
        return np.eye(len(names), dtype=np.float32)[names.index(dataset)]

    def readouts_to_ask(self, dataset, image_id):
        """Numbers of the readouts (from 0) that were not trained on a photo; all if each was."""
        everyone = list(range(len(self.settings["held_out"])))
        if dataset not in self.settings["datasets"]:
            return everyone
        fold = fold_of(dataset, image_id, self.settings["folds"])
        return [i for i in everyone if self.settings["held_out"][i] == fold] or everyone

    def get_config(self):
        return {**self.settings, "name": self.name, "trainable": self.trainable}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


def build_teacher(backbone, readouts, datasets, folds=1, held_out=(None,)):
    """A `Teacher` with the weights of a backbone and of readouts trained on its features.

    Args:
        backbone: from `efficientnet_lite.pretrained`.
        readouts: from `build_readout`, one for each of `held_out`.
        datasets, folds, held_out: see `Teacher`.
    """
    width, thin = (readouts[0].get_layer(f"lateral{i}").filters for i in (1, 0))
    model = Teacher(
        backbone.name, backbone.input_shape[1:3], datasets, folds, held_out, width, thin
    )
    model.backbone.set_weights(backbone.get_weights())
    for own, trained in zip(model.readouts, readouts, strict=True):
        own.set_weights(trained.get_weights())
    return model


def build_readout(backbone, domains, width=64, thin=16, dropout=0.2, name="readout"):
    """From features to logits.

    Args:
        backbone: the extractor whose features it reads.
        domains: number of training sets.
        width: channels at stride 16.
        thin: channels at stride 8.
        dropout: share of the feature channels dropped in training, 0..1.
        name: of the model.

    Returns:
        A `keras.Model` of three features and the domain weights `[batch, domains]`; output logits
        `[batch, height / 8, width / 8, 1]`. `set_statistics` must follow.
    """
    shapes = [output.shape[1:] for output in backbone.outputs]
    inputs = [keras.Input(shape, name=f"features{i}") for i, shape in enumerate(shapes)]
    domain = keras.Input((domains,), name="domain")
    lateral = []
    for i, x in enumerate(inputs):
        # Batch norm that is never trained: (x - mean) / deviation with the weights set.
        x = layers.BatchNormalization(
            center=False, scale=False, trainable=False, name=f"standardise{i}"
        )(x)
        x = layers.SpatialDropout2D(dropout, name=f"dropout{i}")(x)
        lateral.append(layers.Conv2D(width if i else thin, 1, name=f"lateral{i}")(x))
    x = layers.Add(name="merge16")([_doubled(lateral[2], "up32"), lateral[1]])
    for i in range(2):
        x = _residual(x, width, f"block{i + 1}")
    x = layers.Conv2D(thin, 1, name="narrow")(layers.Activation("relu", name="narrow_act")(x))
    x = layers.Add(name="merge8")([_doubled(x, "up16"), lateral[0]])
    x = layers.Activation("relu", name="merge8_act")(x)
    x = layers.Conv2D(thin, 3, padding="same", activation="relu", name="refine")(x)
    x = layers.Conv2D(1, 1, name="logits")(x)
    x = DomainPrior(name="prior")([x, domain])
    return keras.Model([*inputs, domain], x, name=name)


def set_statistics(readout, statistics):
    """Give a readout the (mean, variance) of its features, three pairs of `[channels]`."""
    for i, pair in enumerate(statistics):
        readout.get_layer(f"standardise{i}").set_weights(list(pair))


def fold_of(dataset, image_id, folds):
    """The fold that a photo is dealt to, 0..folds - 1: a function of its names alone."""
    return zlib.crc32(f"{dataset}/{image_id}".encode()) % folds


def _readout_logits(backbone, readouts, image, domain=None, mirror=True):
    """See `Teacher.readout_logits`; without a domain, the mean of all."""
    views = []
    for mirrored in (False, True) if mirror else (False,):
        features = backbone(ops.flip(image, axis=2) if mirrored else image)
        if domain is None:
            domains = readouts[0].inputs[3].shape[1]
            domain = ops.ones_like(features[2][:, 0, 0, :domains]) / domains
        logits = [readout([*features, domain]) for readout in readouts]
        logits = ops.concatenate(logits, axis=-1)
        views.append(ops.flip(logits, axis=2) if mirrored else logits)
    return sum(views) / len(views)


def _doubled(x, name):
    return layers.UpSampling2D(2, interpolation="bilinear", name=name)(x)


def _residual(x, width, name):
    # The same as relu. TensorFlow 2.21 fuses a sum into the relu after it, though the shortcut
    # reads the sum too, and then complains of the missing node ("remapper failed").
    y = ops.maximum(x, 0.0)
    y = layers.DepthwiseConv2D(5, padding="same", name=f"{name}_depthwise")(y)
    small = keras.initializers.VarianceScaling(0.5)
    y = layers.Conv2D(width, 1, kernel_initializer=small, name=f"{name}_project")(y)
    return layers.Add(name=f"{name}_add")([x, y])
