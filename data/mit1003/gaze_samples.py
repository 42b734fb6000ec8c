"""Fixations in gaze samples, by velocity (I-VT, Salvucci and Goldberg 2000).

MIT1003 publishes samples, and a MATLAB programme that finds fixations in them by acceleration; this
is a plainer way, with the same rate, scale and shortest fixation, so numbers differ a little.
"""

import numpy as np

RATE = 240  # samples per second
PIXELS_PER_DEGREE = 35
SACCADE = 30  # degrees per second
SHORTEST = 50  # milliseconds
_WINDOW = 4  # samples the velocity is averaged over, 17 ms


def fixations(samples):
    """Find the fixations of one trial.

    Args:
        samples: `[n, 2]` x, y in pixels; negative or not finite while the eye is closed.

    Returns:
        x, y, duration: arrays `[m]`: medians in pixels, and milliseconds.
    """
    samples = np.asarray(samples, float).reshape(-1, 2)
    open_ = np.isfinite(samples).all(axis=1) & (samples >= 0).all(axis=1)
    step = np.hypot(*np.diff(samples, axis=0, prepend=samples[:1]).T)
    step = np.where(open_ & np.roll(open_, 1), step, 0)
    speed = np.convolve(step, np.ones(_WINDOW) / _WINDOW, "same") * RATE / PIXELS_PER_DEGREE
    runs = _runs(open_ & (speed < SACCADE), SHORTEST * RATE / 1000)
    middles = [np.median(samples[start:end], axis=0) for start, end in runs]
    x, y = np.reshape(middles, (-1, 2)).T
    return x, y, np.array([(end - start) * 1000 / RATE for start, end in runs])


def _runs(still, shortest):
    """(start, end) of the runs of true values of at least `shortest` samples."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], still.astype(int), [0]])))
    return [(start, end) for start, end in edges.reshape(-1, 2) if end - start >= shortest]
