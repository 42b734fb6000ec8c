"""SavedModel: runs the signature `float_tensor` of an export."""

import numpy as np
import tensorflow as tf

from salnet_tf.serving import tensorflow_threads


class Engine:
    """Runs an exported SavedModel on canvases.

    Args:
        path: the folder that holds `saved_model.pb`.
        threads: CPU threads of this process's TensorFlow; None leaves them.

    Raises:
        ValueError: the folder holds no SavedModel with the signature `float_tensor`.
    """

    def __init__(self, path, threads=None):
        tensorflow_threads.set_threads(threads)
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
        self.image_size = tuple(self._run.structured_input_signature[1]["image"].shape[1:3])

    def logits(self, canvas):
        """`[height, width, 3]` float32 0..255 -> `[height, width]` float32 logits."""
        return np.asarray(self._run(image=tf.constant(canvas[None]))["logits"])[0, ..., 0]
