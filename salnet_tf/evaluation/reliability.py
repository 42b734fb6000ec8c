"""Calibration of a density: do regions said to hold half of the fixations hold half of them?"""

import numpy as np

LEVELS = np.arange(0.1, 1.0, 0.1)


def masses(density, fixations):
    """Mass of the smallest region that contains each fixation.

    The region is that of all pixels at least as dense as the fixation's. If the density is right
    these masses are uniform on 0..1.

    Args:
        density: `[height, width]`, at least 0.
        fixations: `[height, width]` counts.

    Returns:
        `[n]`, one per fixation.
    """
    values = np.sort(density, axis=None)
    mass_from = np.r_[np.cumsum(values[::-1])[::-1], 0] / values.sum()
    fixated = fixations > 0
    at_least = mass_from[np.searchsorted(values, density[fixated], "left")]
    above = mass_from[np.searchsorted(values, density[fixated], "right")]
    middle = (at_least + above) / 2  # of ties, a uniform density's included, half count
    return np.repeat(middle, fixations[fixated].astype(int))


def curve(masses_of_images):
    """Observed against stated share of fixations.

    Args:
        masses_of_images: list of `masses`, one per image.

    Returns:
        dict of `stated` (0.1, 0.2 ... 0.9), `observed` (share of the fixations within the region of
        that mass, mean over images) and `error`, the mean absolute difference.
    """
    within = [(m[:, None] <= LEVELS).mean(axis=0) for m in masses_of_images if len(m)]
    observed = np.mean(within, axis=0) if within else np.full(len(LEVELS), np.nan)
    return {
        "stated": LEVELS.round(1).tolist(),
        "observed": observed.tolist(),
        "error": float(np.abs(observed - LEVELS).mean()),
    }
