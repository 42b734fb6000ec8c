"""Smart crop: the largest window of an aspect ratio, where most of the looking is."""

import math

import numpy as np


def parse_aspect(text):
    """`16:9` or `1.78` -> width / height.

    Raises:
        ValueError: it is neither.
    """
    try:
        width, colon, height = text.partition(":")
        aspect = float(width) / float(height if colon else 1)
    except (ValueError, ZeroDivisionError):
        aspect = 0.0
    if not (aspect > 0 and math.isfinite(aspect)):
        raise ValueError(f"An aspect ratio is WIDTH:HEIGHT, both above 0. Received: {text!r}")
    return aspect


def smart_crop(density, aspect):
    """The largest window of `aspect` with the most density; among equals the most central.

    Args:
        density: `[H, W]`.
        aspect: width / height of the window.

    Returns:
        (left, top, right, bottom) in whole pixels, right and bottom exclusive.
    """
    height, width = density.shape
    if width > height * aspect:
        window = max(1, round(height * aspect))
        left = _best_start(density.sum(axis=0, dtype=np.float64), window)
        return left, 0, left + window, height
    window = max(1, round(width / aspect))
    top = _best_start(density.sum(axis=1, dtype=np.float64), window)
    return 0, top, width, top + window


def _best_start(profile, window):
    """Start of the heaviest run of `window` cells; of equals (to 1e-6) the most central."""
    window = min(window, len(profile))
    total = np.concatenate([[0], np.cumsum(profile)])
    inside = total[window:] - total[:-window]
    best = np.flatnonzero(inside >= inside.max() - 1e-6 * total[-1])
    return int(best[np.argmin(np.abs(best - (len(inside) - 1) / 2))])
