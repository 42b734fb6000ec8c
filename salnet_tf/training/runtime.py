"""Process-wide settings of a run: threads, seeds, determinism, precision."""

import keras
import tensorflow as tf


def prepare(config):
    """Set threads, seeds, op determinism and the dtype policy for a run; call before any op.

    Args:
        config: a `TrainConfig`.

    Raises:
        ValueError: the number of threads can no longer be changed to the one asked for.
    """
    if config.threads:
        _set_threads(config.threads)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(config.seed)
    keras.mixed_precision.set_dtype_policy(config.precision)


def _set_threads(threads):
    if tf.config.threading.get_intra_op_parallelism_threads() == threads:
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError as error:
        raise ValueError(
            f"threads can be set only before TensorFlow runs its first operation. "
            f"Received: {threads}"
        ) from error
