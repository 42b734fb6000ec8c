"""Keras: runs a `.keras` model as it left training."""

import os
import zipfile

import keras
import numpy as np
import tensorflow as tf

from salnet_tf import threads as threads_lib
from salnet_tf.models import salnet, teacher  # noqa: F401 (teacher: registered for loading)
from salnet_tf.serving import engines


class Engine:
    """Runs a `.keras` model, `[1, height, width, 3]` float32 -> `[1, height, width, 1]` logits.

    Args:
        path: the file.
        threads: CPU threads of this process's TensorFlow; None leaves them.

    Raises:
        ValueError: the file is not a model of this form.
    """

    def __init__(self, path, threads=None):
        threads_lib.set_tensorflow_threads(threads)
        self._path, self._threads, self._process = path, threads, os.getpid()
        self.model = model = load_model(path)
        self.image_size = tuple(model.input_shape[1:3])
        self._run = tf.function(lambda canvas: model(canvas, training=False), jit_compile=False)

    def logits(self, canvas):
        """`[height, width, 3]` float32 0..255 -> `[height, width]` float32 logits."""
        engines.check_not_forked(self._process)
        return np.asarray(self._run(tf.constant(canvas[None])))[0, ..., 0]

    def __reduce__(self):
        return Engine, (self._path, self._threads)


def load_model(path):
    """The Keras model in a `.keras` file.

    Raises:
        ValueError: the file does not hold one of the form that `Engine` runs, of finite weights.
    """
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is not a Keras model: no zip file.")
    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises what its reader meets: zip, json, h5, type errors.
        reason = str(error).partition(" Full object config")[0]
        raise ValueError(f"{path} is not a Keras model: {reason}") from error
    ends = (getattr(model, name, None) for name in ("input", "output"))
    single = ([end] if isinstance(end, keras.KerasTensor) else [] for end in ends)
    engines.check_form(*([(end.shape, end.dtype) for end in one] for one in single), path)
    salnet.check_finite(model, path)
    return model
