"""CPU threads of this process's TensorFlow."""

import tensorflow as tf


def set_threads(threads):
    """Use `threads` CPU threads; None changes nothing.

    Raises:
        ValueError: TensorFlow has already started with another number.
    """
    if threads in (None, tf.config.threading.get_intra_op_parallelism_threads()):
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError as error:
        raise ValueError(
            f"threads must be chosen before TensorFlow starts. Received: {threads}"
        ) from error
