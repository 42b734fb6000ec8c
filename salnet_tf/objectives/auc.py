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
    fixated = fixations > 0
    others = saliency.ravel() if negatives == "all" else saliency[~fixated]
    return _mann_whitney(saliency[fixated], others, fixations[fixated])


@_image_by_image
def auc_judd(fixations, saliency, *, jitter=None):
    """AUC-Judd: thresholds at the fixated pixels' values; a pixel fixated twice counts once.

    Without ties it is the AUC against unfixated pixels plus FP/(2N), FP the false-positive rate at
    the lowest of the N fixated values: optimistic by up to 1/(2N).

    Args:
        fixations: counts per pixel.
        saliency: prediction; its scale does not matter unless it is jittered.
        jitter: None, or a `numpy.random.Generator` that breaks ties as the MATLAB code does (up to
            1e-7 is added to the map stretched to 0..1).
    """
    if jitter is not None:
        saliency = _stretch(saliency) + jitter.random(saliency.shape) / 1e7
    thresholds = np.sort(saliency[fixations > 0])[::-1]
    n = len(thresholds)
    if n == 0:
        return np.nan
    rank = np.arange(1, n + 1)
    false = (_count_at_least(saliency.ravel(), thresholds) - rank) / max(saliency.size - n, 1)
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
    saliency = _stretch(saliency)
    positives, pool = saliency[fixations > 0], saliency.ravel()
    if splits is None or not len(positives):
        return _stepped(positives, pool, step)
    draws = np.random.default_rng(seed).integers(0, len(pool), (splits, len(positives)))
    return np.mean([_stepped(positives, pool[draw], step) for draw in draws])


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
        return _mann_whitney(
            saliency[positive], saliency[negative], fixations[positive], others[negative]
        )
    saliency = _stretch(saliency)
    positives, pool = saliency[positive], saliency[negative]
    if splits is None or not len(positives) or not len(pool):
        return _stepped(positives, pool, step)
    rng, n = np.random.default_rng(seed), min(len(positives), len(pool))
    draws = [rng.choice(pool, n, replace=False) for _ in range(splits)]
    return np.mean([_stepped(positives, draw, step) for draw in draws])


def _mann_whitney(positives, negatives, positive_counts, negative_counts=None):
    """P(positive > negative) + P(equal)/2, each value weighted by its count."""
    if not len(positives) or not len(negatives):
        return np.nan
    order = np.argsort(negatives) if negative_counts is not None else None
    negatives = np.sort(negatives) if order is None else negatives[order]
    below, up_to = (np.searchsorted(negatives, positives, side) for side in ("left", "right"))
    if order is not None:
        cumulated = np.r_[0, np.cumsum(negative_counts[order], dtype=np.float64)]
        below, up_to = cumulated[below], cumulated[up_to]
    beaten = (below + up_to) / 2 / (len(negatives) if order is None else cumulated[-1])
    return np.average(beaten, weights=positive_counts)


def _stepped(positives, negatives, step):
    """Trapezoid area with thresholds 0, step, 2 step ... up to the largest value."""
    if not len(positives) or not len(negatives):
        return np.nan
    largest = max(positives.max(), negatives.max())
    thresholds = np.arange(int(np.floor(largest / step + 1e-9)) + 1)[::-1] * step
    true, false = (_count_at_least(x, thresholds) / len(x) for x in (positives, negatives))
    return np.trapezoid(np.r_[0, true, 1], np.r_[0, false, 1])


def _count_at_least(values, thresholds):
    """How many `values` reach each of the descending `thresholds`."""
    return len(values) - np.searchsorted(np.sort(values), thresholds, side="left")


def _stretch(saliency):
    """The map stretched to 0..1; a constant one becomes 0."""
    low, high = saliency.min(), saliency.max()
    return (saliency - low) / ((high - low) or 1)
