"""Keras: runs a `.keras` model as it left training."""

import os

import numpy as np
import tensorflow as tf

from salnet_tf import threads as threads_lib
from salnet_tf.models import loading
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
        self.model = model = loading.load(path)
        self.image_size = tuple(model.input_shape[1:3])
        self._run = tf.function(lambda canvas: model(canvas, training=False), jit_compile=False)

    def logits(self, canvas):
        """`[height, width, 3]` float32 0..255 -> `[height, width]` float32 logits."""
        engines.check_not_forked(self._process)
        return np.asarray(self._run(tf.constant(canvas[None])))[0, ..., 0]

    def __reduce__(self):
        return Engine, (self._path, self._threads)
