"""Areas under the ROC curve of a saliency map as a detector of fixations, in NumPy.

Truth first, prediction second, `[height, width]` each (or a batch, image by image). The exact ones
are Mann-Whitney probabilities: that a fixation's saliency exceeds a negative's, a tie counting
half. The MIT benchmark's three (Judd, Borji, shuffled) are as its MATLAB code has them (Bylinskii
et al., arXiv:1604.03605).
"""

import functools
import typing

import cv2
import numpy as np

from salnet_tf.objectives import kept, maps, scores

LEVELS = 2**14  # of saliency, among which `ranks` counts the pixels


def _image_by_image(score):
    """Let a score of `maps.Points` and one map (or `kept.Kept`) take maps of counts, and batches.

    Batches are `[batch, height, width]`, with or without a last axis of 1.
    """

    @functools.wraps(score)
    def batched(*images, **options):
        known = (maps.Points, kept.Kept)
        images = [x if isinstance(x, known) else np.asarray(x) for x in images]
        if images[-1].ndim == 2:
            return score(*map(maps.points, images[:-1]), images[-1], **options)
        images = [x.reshape(x.shape[:3]) for x in images]
        return np.array([batched(*each, **options) for each in zip(*images, strict=True)])

    return batched


@_image_by_image
def auc(fixations, saliency, *, negatives="all", ranked=None):
    """Exact AUC of the fixations against pixels; a constant map gives 0.5.

    Args:
        fixations: counts per pixel, or `maps.Points`; a pixel fixated twice counts twice.
        saliency: prediction.
        negatives: "all" pixels (the MIT/Tuebingen benchmark) or the "unfixated" ones.
        ranked: of one map, `ranks(fixations, saliency)` if they are at hand.

    Returns:
        0..1; NaN if there is no fixation.
    """
    if negatives not in ("all", "unfixated"):
        raise ValueError(f"negatives must be 'all' or 'unfixated'. Received: {negatives!r}")
    below, up_to = ranked or ranks(fixations, saliency)
    pixels = saliency.size
    if negatives == "unfixated":
        own = np.take(saliency, fixations.index)
        own_below, own_up_to = _positions(np.sort(own), own)
        below, up_to, pixels = below - own_below, up_to - own_up_to, pixels - len(own)
    return _mann_whitney(below, up_to, pixels, fixations.counts)


@_image_by_image
def auc_judd(fixations, saliency, *, jitter=None, ranked=None):
    """AUC-Judd: thresholds at the fixated pixels' values; a pixel fixated twice counts once.

    Without ties it is the AUC against unfixated pixels plus FP/(2N), FP the false-positive rate at
    the lowest of the N fixated values: optimistic by up to 1/(2N).

    Args:
        fixations: counts per pixel.
        saliency: prediction.
        jitter: None, or a seed (or `numpy.random.Generator`) to break ties at random, as the noise
            does that the MATLAB code adds to the map.
        ranked: of one map, `ranks(fixations, saliency)` if they are at hand.
    """
    n = len(fixations.index)
    if n == 0:
        return np.nan
    ranked = ranked or ranks(fixations, saliency)
    below = ranked.below if jitter is None else _untied(ranked, jitter)
    at_least = saliency.size - np.sort(below)[::-1]
    false = (at_least - np.arange(1, n + 1)) / max(saliency.size - n, 1)
    # The trapezoids under (false, k / n), k = 1 ... n, from (0, 0) and on to (1, 1).
    return 1 - np.mean(false) + false[-1] / (2 * n)


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
    bounds = saliency.min(), saliency.max()
    positives = _stretch(np.take(saliency, fixations.index), bounds)
    if splits is None or not len(positives):
        return _stepped(positives, _stretch(np.ravel(saliency), bounds)[None], step)
    draws = np.random.default_rng(seed).integers(0, saliency.size, (splits, len(positives)))
    return _stepped(positives, _stretch(np.take(saliency, draws), bounds), step)


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
    positives, pool = (np.take(saliency, x.index) for x in (fixations, others))
    if convention == "tuebingen":
        pool = np.sort(np.repeat(pool, others.counts.astype(int)))
        return _mann_whitney(*_positions(pool, positives), len(pool), fixations.counts)
    bounds = saliency.min(), saliency.max()
    positives, pool = _stretch(positives, bounds), _stretch(pool, bounds)
    if splits is None or not len(positives) or not len(pool):
        return _stepped(positives, pool[None], step)
    rng, n = np.random.default_rng(seed), min(len(positives), len(pool))
    draws = np.stack([rng.permutation(pool)[:n] for _ in range(splits)])
    return _stepped(positives, draws, step)


class Ranks(typing.NamedTuple):
    """Of each fixated pixel, how many pixels are less salient, and how many no more salient."""

    below: np.ndarray
    up_to: np.ndarray


def ranks(fixations, saliency):
    """`Ranks` of the fixated pixels among `saliency`, all that the exact AUCs need of a map.

    Args:
        fixations: counts per pixel, or `maps.Points`.
        saliency: one map.
    """
    level, index = _levels(saliency), maps.points(fixations).index
    values, fixated = np.take(saliency, index), np.zeros(LEVELS, bool)
    fixated[level[index]] = True
    pixels = _histogram(level)
    if pixels[fixated].sum() > saliency.size / 4 or saliency.size > 2**24:
        # Few different values, or more pixels than the histogram's float32 counts: sort them all.
        return Ranks(*_positions(np.sort(saliency, axis=None), values))
    pixels[fixated] = 0
    lower = (np.cumsum(pixels) - pixels)[level[index]]
    # Only in the levels that hold a fixation does the order within a level matter.
    near = np.sort(np.take(saliency, np.flatnonzero(fixated.take(level))))
    return Ranks(*(lower + k for k in _positions(near, values)))


def _levels(saliency):
    """`[pixels]` uint16 below `LEVELS`, never larger for a smaller value."""
    values, low, high = maps.as_float(np.ravel(saliency)), saliency.min(), saliency.max()
    width = (float(high) - float(low)) / (LEVELS - 1)
    if not np.finfo(values.dtype).tiny < width < np.inf:  # constant, or beyond arithmetic
        return np.zeros(len(values), np.uint16)
    values = values - values.dtype.type(low)
    values *= 1 / width
    return values.astype(np.uint16)


def _histogram(level):
    """`[LEVELS]` pixels of each level, in a fraction of `numpy.bincount`'s time."""
    counts = cv2.calcHist([level[None]], [0], None, [LEVELS], [0, LEVELS])
    return counts.ravel().astype(np.int64)


def _untied(ranked, seed):
    """`below` after ties are broken: the fixated pixels take random places among their equals."""
    below, ties = ranked.below.copy(), ranked.up_to - ranked.below > 1
    if not ties.any():
        return below
    rng = np.random.default_rng(seed)
    for first in np.unique(below[ties]):
        tied = np.flatnonzero(ranked.below == first)
        places = ranked.up_to[tied[0]] - first
        below[tied] += rng.choice(places, len(tied), replace=False)
    return below


def _positions(ordered, values):
    """Of each value, how many of `ordered` (ascending) are below, and how many up to it."""
    return [np.searchsorted(ordered, values, side) for side in ("left", "right")]


def _mann_whitney(below, up_to, negatives, counts):
    """P(positive > negative) + P(equal)/2.

    Args:
        below, up_to: of each positive, the negatives below it and up to it.
        negatives: their number.
        counts: how often each positive counts.
    """
    if not len(counts) or not negatives:
        return np.nan
    return np.vdot(below + up_to, counts) / (2 * negatives * counts.sum())


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
