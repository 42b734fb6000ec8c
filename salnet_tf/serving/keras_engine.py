"""Keras: runs a `.keras` model as it left training."""

import zipfile

import keras
import numpy as np
import tensorflow as tf

from salnet_tf.models import salnet, teacher  # noqa: F401 (registered for loading)
from salnet_tf.serving import tensorflow_threads


class Engine:
    """Runs a `.keras` model, `[1, height, width, 3]` float32 -> `[1, height, width, 1]` logits.

    Args:
        path: the file.
        threads: CPU threads of this process's TensorFlow; None leaves them.

    Raises:
        ValueError: the file is not a model of this form.
    """

    def __init__(self, path, threads=None):
        tensorflow_threads.set_threads(threads)
        self.model = model = load_model(path)
        self.image_size = tuple(model.input_shape[1:3])
        self._run = tf.function(lambda canvas: model(canvas, training=False), jit_compile=False)

    def logits(self, canvas):
        """`[height, width, 3]` float32 0..255 -> `[height, width]` float32 logits."""
        return np.asarray(self._run(tf.constant(canvas[None])))[0, ..., 0]


def load_model(path):
    """The Keras model in a `.keras` file.

    Raises:
        ValueError: the file does not hold one.
    """
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is not a Keras model: no zip file.")
    try:
        return keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises what its reader meets: zip, json, h5, type errors.
        raise ValueError(f"{path} is not a Keras model: {error}") from error
