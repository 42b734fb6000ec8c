"""Panels for TensorBoard: photo, truth, prediction."""

import tensorflow as tf


def panels(batch, log_density):
    """Photo, truth and prediction side by side.

    Args:
        batch: a batch of the pipeline.
        log_density: `[b, h, w, 1]` predicted log-density.

    Returns:
        `[b, h, 3 w, 3]` float32, 0..1; each map is scaled to its own maximum.
    """
    photo = batch["image"] / 255.0
    maps = [_peak_normalised(batch["density"]), _peak_normalised(tf.exp(log_density))]
    return tf.concat([photo, *[tf.repeat(m, 3, axis=-1) for m in maps]], axis=2)


def _peak_normalised(density):
    return tf.math.divide_no_nan(density, tf.reduce_max(density, axis=(1, 2, 3), keepdims=True))
