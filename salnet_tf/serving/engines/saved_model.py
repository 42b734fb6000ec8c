"""SavedModel: runs the signature `float_tensor` of an export."""

import os

import numpy as np
import tensorflow as tf

from salnet_tf import threads as threads_lib
from salnet_tf.models import interface
from salnet_tf.serving import engines


class Engine:
    """Runs an exported SavedModel on canvases.

    Args:
        path: the folder that holds `saved_model.pb`.
        threads: CPU threads of this process's TensorFlow; None leaves them.

    Raises:
        ValueError: the folder holds no SavedModel with the signature `float_tensor`, `image` to
            `logits`.
    """

    def __init__(self, path, threads=None):
        threads_lib.set_tensorflow_threads(threads)
        self._path, self._threads, self._process = path, threads, os.getpid()
        try:
            self._model = tf.saved_model.load(path)  # keeps the variables alive
        except (OSError, ValueError, RuntimeError, tf.errors.OpError) as error:
            raise ValueError(f"{path} is not a SavedModel: {error}") from error
        signatures = self._model.signatures
        if "float_tensor" not in signatures:
            raise ValueError(
                f"{path} has no signature 'float_tensor'. Received: {', '.join(signatures)}"
            )
        self._run = signatures["float_tensor"]
        ends = (self._run.structured_input_signature[1], self._run.structured_outputs)
        if [list(end) for end in ends] != [["image"], ["logits"]]:
            raise ValueError(
                f"{path}: its signature 'float_tensor' must take 'image' and give 'logits'. "
                f"Received: {' -> '.join(', '.join(end) for end in ends)}"
            )
        forms = [[(end.shape.as_list(), end.dtype.name)] for (end,) in map(dict.values, ends)]
        self.image_size = interface.check(*forms, path)

    def logits(self, canvas):
        """`[height, width, 3]` float32 0..255 -> `[height, width]` float32 logits."""
        engines.check_not_forked(self._process)
        return np.asarray(self._run(image=tf.constant(canvas[None]))["logits"])[0, ..., 0]

    def __reduce__(self):
        return Engine, (self._path, self._threads)
