"""One optimiser step on a made-up batch: what training costs, without data."""

import keras
import numpy as np
import tensorflow as tf

from salnet_tf.models import batch_norm, catalogue
from salnet_tf.objectives import losses
from salnet_tf.training import config as config_lib
from salnet_tf.training import optimiser, step


def make(name, image_size, batch_size, fused=True):
    """A function without arguments that makes one step of a model by name, the defaults' way.

    Args:
        name: of `catalogue.NAMES`.
        image_size: (height, width).
        batch_size: images.
        fused: False takes Keras' own batch normalisation in SalNet.
    """
    model = catalogue.build(name, image_size)
    if not fused:
        model = keras.models.clone_model(
            keras.Model(model.inputs, model.outputs), clone_function=_plain
        )
    config = config_lib.TrainConfig(workdir="unused", data_dir="unused")
    optimizer = optimiser.make_optimizer(config, steps_per_epoch=100)
    optimizer.build(model.trainable_variables)
    replica_step = tf.function(
        step.make(model, optimizer, losses.parse(config.loss), config.clip_norm), jit_compile=False
    )
    batch = _batch(image_size, batch_size)
    return lambda: float(replica_step([batch]))


def _plain(layer):
    config = layer.get_config()
    if isinstance(layer, batch_norm.FusedBatchNormalization):
        return keras.layers.BatchNormalization.from_config(config)
    return type(layer).from_config(config)


def _batch(image_size, batch_size):
    random = np.random.default_rng(0)
    shape = (batch_size, *image_size, 1)
    density = random.random(shape)
    return {
        "image": tf.constant(255 * random.random((*shape[:3], 3)), tf.float32),
        "density": tf.constant(density / density.sum((1, 2, 3), keepdims=True), tf.float32),
        "fixations": tf.constant(random.random(shape) < 1e-3, tf.float32),
        "mask": tf.ones(shape),
        "valid": tf.ones(batch_size),
    }
