"""Panels for TensorBoard: photo, truth, prediction."""

import numpy as np

from salnet_tf.images import render


def panels(batch, log_density, count=4):
    """Photo, and truth and prediction over it, side by side.

    Args:
        batch: a batch of the pipeline.
        log_density: `[b, h, w, 1]` predicted log-density.
        count: at most so many images of the batch.

    Returns:
        `[n, h, 3 w, 3]` uint8.
    """
    photos = np.rint(np.clip(batch["image"][:count], 0, 255)).astype(np.uint8)
    truths = np.asarray(batch["density"])[..., 0]
    predictions = np.exp(log_density)[..., 0]
    rows = zip(photos, truths[:count], predictions[:count], strict=True)
    return np.stack([_panel(photo, *densities) for photo, *densities in rows])


def _panel(photo, *densities):
    return np.concatenate([photo, *(render.overlay(photo, d) for d in densities)], axis=1)
