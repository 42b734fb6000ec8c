"""Process-wide settings of a run: threads, seeds, determinism, precision."""

import keras
import tensorflow as tf

from salnet_tf import threads


def prepare(config):
    """Set threads, seeds, op determinism and the dtype policy for a run; call before any op.

    Args:
        config: a `TrainConfig`.

    Raises:
        ValueError: the number of threads can no longer be changed to the one asked for.
    """
    if config.threads:
        threads.set_tensorflow_threads(config.threads)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(config.seed)
    keras.mixed_precision.set_dtype_policy(config.precision)
