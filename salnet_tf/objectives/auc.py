"""Areas under the ROC curve of a saliency map as a detector of fixations, in NumPy.

Truth first, prediction second, `[height, width]` each (or a batch, image by image). The exact ones
are Mann-Whitney probabilities: that a fixation's saliency exceeds a negative's, a tie counting
half. The MIT benchmark's three (Judd, Borji, shuffled) are as its MATLAB code has them (Bylinskii
et al., arXiv:1604.03605).
"""

import functools

import numpy as np

from salnet_tf.objectives import scores


def _image_by_image(score):
    """Let a score of `[height, width]` maps take batches, with or without a last axis of 1."""

    @functools.wraps(score)
    def batched(*images, **options):
        images = [np.asarray(x) for x in images]
        if images[-1].ndim == 2:
            return score(*images, **options)
        images = [x.reshape(x.shape[:3]) for x in images]
        return np.array([score(*each, **options) for each in zip(*images, strict=True)])

    return batched


@_image_by_image
def auc(fixations, saliency, *, negatives="all"):
    """Exact AUC of the fixations against pixels; a constant map gives 0.5.

    Args:
        fixations: counts per pixel; a pixel fixated twice counts twice.
        saliency: prediction.
        negatives: "all" pixels (the MIT/Tuebingen benchmark) or the "unfixated" ones.

    Returns:
        0..1; NaN if there is no fixation.
    """
    if negatives not in ("all", "unfixated"):
        raise ValueError(f"negatives must be 'all' or 'unfixated'. Received: {negatives!r}")
    pool = saliency if negatives == "all" else saliency[fixations == 0]
    return mann_whitney(at(fixations, saliency), np.sort(pool, axis=None))


@_image_by_image
def auc_judd(fixations, saliency, *, jitter=None):
    """AUC-Judd: thresholds at the fixated pixels' values; a pixel fixated twice counts once.

    Without ties it is the AUC against unfixated pixels plus FP/(2N), FP the false-positive rate at
    the lowest of the N fixated values: optimistic by up to 1/(2N).

    Args:
        fixations: counts per pixel.
        saliency: prediction.
        jitter: None, or a seed (or `numpy.random.Generator`) to break ties at random, as the noise
            does that the MATLAB code adds to the map.
    """
    return judd(saliency[fixations > 0], np.sort(saliency, axis=None), jitter)


@_image_by_image
def auc_borji(fixations, saliency, *, splits=100, step=0.1, seed=0):
    """AUC-Borji: thresholds at fixed steps, negatives drawn from all pixels.

    Args:
        fixations: counts per pixel; fixated pixels count once.
        saliency: prediction, stretched to 0..1 here.
        splits: number of draws, each of as many pixels as are fixated, with replacement, averaged;
            None is the limit: every pixel a negative.
        step: between thresholds. 0.01 without splits is the SALICON server's "AUC".
        seed: of the draws.
    """
    low, high = saliency.min(), saliency.max()
    positives = _stretched(saliency[fixations > 0], low, high)
    if splits is None or not len(positives):
        return _stepped(positives, _stretched(np.ravel(saliency), low, high)[None], step)
    draws = np.random.default_rng(seed).integers(0, saliency.size, (splits, len(positives)))
    return _stepped(positives, _stretched(np.take(saliency, draws), low, high), step)


@_image_by_image
def sauc(fixations, others, saliency, *, convention="tuebingen", splits=100, step=0.1, seed=0):
    """Shuffled AUC: the negatives are where other images are fixated, which takes centre bias away.

    Args:
        fixations: counts per pixel of this image.
        others: counts of the other images' fixations, moved to this image's pixels.
        saliency: prediction.
        convention: "tuebingen": exact, every fixation and every negative counts; "mit": fixated
            pixels once, thresholds at fixed steps, each split as many negatives as there are
            positives, drawn without replacement.
        splits: for "mit"; None is the limit: every fixated pixel of `others` a negative.
        step: between thresholds, for "mit".
        seed: of the draws, for "mit".

    Returns:
        0..1; NaN if one of the two has no fixation.
    """
    scores.check_convention(convention)
    if convention == "tuebingen":
        return mann_whitney(at(fixations, saliency), np.sort(at(others, saliency)))
    low, high = saliency.min(), saliency.max()
    positives, pool = (_stretched(saliency[x > 0], low, high) for x in (fixations, others))
    if splits is None or not len(positives) or not len(pool):
        return _stepped(positives, pool[None], step)
    rng, n = np.random.default_rng(seed), min(len(positives), len(pool))
    draws = np.stack([rng.permutation(pool)[:n] for _ in range(splits)])
    return _stepped(positives, draws, step)


def at(fixations, saliency):
    """`[n]` saliency at each fixation; a pixel that is fixated twice is there twice."""
    fixated = fixations > 0
    return np.repeat(saliency[fixated], fixations[fixated].astype(int))


def mann_whitney(positives, negatives):
    """P(positive > negative) + P(equal)/2; NaN if there are none of either.

    Args:
        positives: `[n]`.
        negatives: `[m]`, ascending.
    """
    if not len(positives) or not len(negatives):
        return np.nan
    below, up_to = (np.searchsorted(negatives, positives, side) for side in ("left", "right"))
    return np.sum(below + up_to) / (2 * len(positives) * len(negatives))


def judd(positives, pixels, jitter=None):
    """AUC-Judd of samples.

    Args:
        positives: `[n]` saliency of the fixated pixels.
        pixels: `[m]` saliency of all pixels, ascending.
        jitter: as in `auc_judd`.
    """
    n = len(positives)
    if n == 0:
        return np.nan
    below, up_to = (np.searchsorted(pixels, positives, side) for side in ("left", "right"))
    if jitter is not None:
        below = _untied(below, up_to, jitter)
    at_least = len(pixels) - np.sort(below)[::-1]
    false = (at_least - np.arange(1, n + 1)) / max(len(pixels) - n, 1)
    # The trapezoids under (false, k / n), k = 1 ... n, from (0, 0) and on to (1, 1).
    return 1 - np.mean(false) + false[-1] / (2 * n)


def _untied(below, up_to, seed):
    """`below` after ties are broken: positives take random places among their equals."""
    untied, ties = below.copy(), up_to - below > 1
    if not ties.any():
        return untied
    rng = np.random.default_rng(seed)
    for first in np.unique(below[ties]):
        tied = np.flatnonzero(below == first)
        untied[tied] += rng.choice(up_to[tied[0]] - first, len(tied), replace=False)
    return untied


def _stepped(positives, negatives, step):
    """Trapezoid area with thresholds 0, step, 2 step ... 1, mean over the draws of negatives.

    The MATLAB code stops at the largest value; the thresholds above it add points at (0, 0), no
    area.

    Args:
        positives: `[n]`, 0..1.
        negatives: `[draws, m]`, 0..1.
        step: between thresholds.
    """
    if not len(positives) or not negatives.size:
        return np.nan
    thresholds = np.arange(int(np.floor(1 / step + 1e-9)) + 1)[::-1] * step
    true = np.mean(positives >= thresholds[:, None], axis=1)
    false = np.stack([np.mean(negatives >= threshold, axis=1) for threshold in thresholds])
    true = np.pad(true, 1, constant_values=(0, 1))
    false = np.pad(false, ((1, 1), (0, 0)), constant_values=(0, 1))
    return np.mean(np.trapezoid(true[:, None], false, axis=0))


def _stretched(values, low, high):
    """Values stretched so that `low` and `high` become 0 and 1."""
    return (values - low) / ((high - low) or 1)
