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
        if images[0].ndim == 2:
            return score(*images, **options)
        images = [x.reshape(x.shape[:3]) for x in images]
        return np.array([score(*each, **options) for each in zip(*images, strict=True)])

    return batched


@_image_by_image
def auc(fixations, saliency, *, negatives="all", ordered=None):
    """Exact AUC of the fixations against pixels; a constant map gives 0.5.

    Args:
        fixations: counts per pixel; a pixel fixated twice counts twice.
        saliency: prediction.
        negatives: "all" pixels (the MIT/Tuebingen benchmark) or the "unfixated" ones.
        ordered: of one map, `np.sort(saliency, axis=None)` if that is at hand.

    Returns:
        0..1; NaN if there is no fixation.
    """
    if negatives not in ("all", "unfixated"):
        raise ValueError(f"negatives must be 'all' or 'unfixated'. Received: {negatives!r}")
    fixated = fixations > 0
    if negatives == "unfixated":
        ordered = np.sort(saliency[~fixated])
    elif ordered is None:
        ordered = np.sort(saliency, axis=None)
    return _mann_whitney(saliency[fixated], ordered, fixations[fixated])


@_image_by_image
def auc_judd(fixations, saliency, *, jitter=None, ordered=None):
    """AUC-Judd: thresholds at the fixated pixels' values; a pixel fixated twice counts once.

    Without ties it is the AUC against unfixated pixels plus FP/(2N), FP the false-positive rate at
    the lowest of the N fixated values: optimistic by up to 1/(2N).

    Args:
        fixations: counts per pixel.
        saliency: prediction; its scale does not matter unless it is jittered.
        jitter: None, or a `numpy.random.Generator` that breaks ties as the MATLAB code does (up to
            1e-7 is added to the map stretched to 0..1); a map without ties is left as it is.
        ordered: of one map, `np.sort(saliency, axis=None)` if that is at hand.
    """
    if ordered is None:
        ordered = np.sort(saliency, axis=None)
    if jitter is not None and np.any(ordered[1:] == ordered[:-1]):
        saliency = _stretch(saliency) + jitter.random(saliency.shape) / 1e7
        ordered = np.sort(saliency, axis=None)
    thresholds = np.sort(saliency[fixations > 0])[::-1]
    n = len(thresholds)
    if n == 0:
        return np.nan
    rank = np.arange(1, n + 1)
    at_least = saliency.size - np.searchsorted(ordered, thresholds, side="left")
    false = (at_least - rank) / max(saliency.size - n, 1)
    return np.trapezoid(np.r_[0, rank / n, 1], np.r_[0, false, 1])


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
    pool, bounds = saliency.ravel(), (saliency.min(), saliency.max())
    positives = _stretch(saliency[fixations > 0], bounds)
    if splits is None or not len(positives):
        return _stepped(positives, _stretch(pool, bounds)[None], step)
    draws = np.random.default_rng(seed).integers(0, len(pool), (splits, len(positives)))
    return _stepped(positives, _stretch(pool[draws], bounds), step)


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
    positive, negative = fixations > 0, others > 0
    if convention == "tuebingen":
        order = np.argsort(saliency[negative])
        ordered, counts = saliency[negative][order], others[negative][order]
        return _mann_whitney(saliency[positive], ordered, fixations[positive], counts)
    bounds = saliency.min(), saliency.max()
    positives, pool = (_stretch(saliency[where], bounds) for where in (positive, negative))
    if splits is None or not len(positives) or not len(pool):
        return _stepped(positives, pool[None], step)
    rng, n = np.random.default_rng(seed), min(len(positives), len(pool))
    draws = np.stack([rng.permutation(pool)[:n] for _ in range(splits)])
    return _stepped(positives, draws, step)


def _mann_whitney(positives, negatives, positive_counts, negative_counts=None):
    """P(positive > negative) + P(equal)/2, values weighted by counts; `negatives` ascending."""
    if not len(positives) or not len(negatives):
        return np.nan
    below, up_to = (np.searchsorted(negatives, positives, side) for side in ("left", "right"))
    whole = len(negatives)
    if negative_counts is not None:
        cumulated = np.r_[0, np.cumsum(negative_counts, dtype=np.float64)]
        below, up_to, whole = cumulated[below], cumulated[up_to], cumulated[-1]
    return np.average((below + up_to) / (2 * whole), weights=positive_counts)


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


def _stretch(values, bounds=None):
    """Values stretched so that the bounds, by default their own, become 0 and 1."""
    low, high = bounds or (values.min(), values.max())
    return (values - low) / ((high - low) or 1)
