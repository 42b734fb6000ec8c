"""How sure a mean over images is: bootstrap intervals and paired comparison."""

import numpy as np

RESAMPLES = 10_000


def mean(values, seed=0):
    """Mean over images with a 95 % percentile bootstrap interval.

    Args:
        values: one number per image; NaN are left out.
        seed: of the resampling.

    Returns:
        dict of mean, low, high (None without a value) and n, the images counted.
    """
    values = np.asarray(values, np.float64)
    values = values[~np.isnan(values)]
    if not len(values):
        return {"mean": None, "low": None, "high": None, "n": 0}
    low, high = np.percentile(_resampled_means(values, seed), [2.5, 97.5])
    return {
        "mean": float(values.mean()),
        "low": float(low),
        "high": float(high),
        "n": len(values),
    }


def compare(first, second, larger_is_better=True, seed=0):
    """Paired comparison of two models' scores over the images both have.

    Args:
        first: one number per image, NaN where there is none.
        second: the same images' numbers of the other model.
        larger_is_better: sense in which an image is won.
        seed: of the resampling.

    Returns:
        `mean`'s dict of first - second, plus `won` (share of images on which first is better, a tie
        a half) and `p` (two-sided sign-flip permutation test of a mean difference of 0).
    """
    difference = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    result = mean(difference, seed)
    difference = difference[~np.isnan(difference)]
    if not len(difference):
        return {**result, "won": None, "p": None}
    better = difference if larger_is_better else -difference
    rng = np.random.default_rng(seed)
    flipped = [
        rng.choice([-1.0, 1.0], (1000, len(difference))) @ difference
        for _ in range(RESAMPLES // 1000)
    ]
    as_large = np.abs(np.concatenate(flipped)) >= abs(difference.sum()) * (1 - 1e-12)
    return {
        **result,
        "won": float(np.mean((better > 0) + (better == 0) / 2)),
        "p": float((as_large.sum() + 1) / (RESAMPLES + 1)),
    }


def _resampled_means(values, seed):
    rng, n = np.random.default_rng(seed), len(values)
    parts = [values[rng.integers(0, n, (1000, n))].mean(axis=1) for _ in range(RESAMPLES // 1000)]
    return np.concatenate(parts)
