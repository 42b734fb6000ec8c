"""Scores of a predicted map, differentiable, one formula each: KL, CC, SIM, NSS, information gain.

Truth first, prediction second. Maps are `[height, width]`, `[batch, height, width]` or
`[batch, height, width, 1]`; the result is a scalar or `[batch]`. `mask` is 1 on the image and 0 on
the padding. Computed in float64 for float64 input, else in float32; never NaN for finite input.

`convention="tuebingen"` is today's MIT/Tuebingen benchmark, which pysaliency computes; "mit" is the
older MATLAB code of the MIT benchmark (Bylinskii et al., arXiv:1604.03605). Where the two agree
there is no such argument.
"""

import math

from salnet_tf.objectives import maps

CONVENTIONS = ("tuebingen", "mit")
EPS = 2.2204e-16  # MATLAB's eps as both benchmarks write it


def check_convention(convention):
    """Raise ValueError for a convention that is not in `CONVENTIONS`."""
    if convention not in CONVENTIONS:
        raise ValueError(f"convention must be one of {CONVENTIONS}. Received: {convention!r}")


def kld(density, saliency, mask=None):
    """Kullback-Leibler divergence of two maps, each divided by its sum: what benchmarks print.

    `sum Q ln(eps + Q / (P + eps))`, Q the truth. For training from logits see `kld_from_logits`.

    Args:
        density: truth, the blurred fixations.
        saliency: prediction, any non-negative map.
        mask: 1 on the image, 0 on the padding, or None.

    Returns:
        Nats, 0 for equal maps, per image.
    """
    truth, prediction = maps.normalize_sum(density, mask), maps.normalize_sum(saliency, mask)
    return divergence(truth, prediction)


def divergence(truth, prediction, log=maps.log):
    """`kld` of two maps that sum to 1, or of parts of them: its parts add up."""
    return maps.total(truth * log(EPS + truth / (prediction + EPS)))


def kld_from_logits(density, logits, mask=None):
    """The same divergence, `sum Q (ln Q - ln P)`, exact however small P is."""
    truth = maps.normalize_sum(density, mask)
    log_truth = maps.log(maps.at_least_one(truth))  # 0 ln 0 is 0
    return maps.total(truth * (log_truth - maps.log_density(logits, mask)))


def cc(density, saliency, mask=None):
    """Pearson's correlation of two maps, -1..1; 0 if one of them is constant."""
    truth, truth_scale = maps.centred(density, mask)
    prediction, scale = maps.centred(saliency, mask)
    covariance = maps.total(truth * prediction) / maps.total(maps.count(prediction, mask))
    return covariance * maps.total(truth_scale * scale)


def sim(density, saliency, mask=None, convention="tuebingen"):
    """Similarity (histogram intersection): sum of the minima of two densities, 0..1.

    "mit" stretches each map to 0..1 before it is divided by its sum; "tuebingen" only divides.
    """
    check_convention(convention)
    if convention == "mit":
        density, saliency = (maps.normalize_range(x, mask) for x in (density, saliency))
    truth, prediction = maps.normalize_sum(density, mask), maps.normalize_sum(saliency, mask)
    return overlap(truth, prediction)


def overlap(truth, prediction):
    """`sim` of two maps that sum to 1, or of parts of them: its parts add up."""
    return maps.total(maps.minimum(truth, prediction))


def nss(fixations, saliency, mask=None, convention="tuebingen"):
    """Normalised scanpath saliency: mean standardised saliency at the fixations (Peters et al.
    2005).

    Args:
        fixations: counts per pixel (not blurred).
        saliency: prediction.
        mask: 1 on the image, 0 on the padding, or None.
        convention: "tuebingen" counts every fixation and divides by the population's standard
            deviation; "mit" counts fixated pixels once and divides by the sample's.

    Returns:
        Standard deviations above the mean; 0 for a constant map and for no fixation, per image.
    """
    check_convention(convention)
    mit = convention == "mit"
    deviation, scale = maps.centred(saliency, mask, ddof=1 if mit else 0)
    return _at_fixations(once(fixations) if mit else fixations, deviation * scale, mask)


def ig(fixations, density, baseline=None, mask=None, convention="tuebingen"):
    """Information gain over a baseline density (Kuemmerer et al., PNAS 2015).

    Args:
        fixations: counts per pixel.
        density: predicted density (any non-negative map; it is divided by its sum).
        baseline: baseline density, usually the centre bias; None is uniform.
        mask: 1 on the image, 0 on the padding, or None.
        convention: "mit" stretches both maps to 0..1 first and counts fixated pixels once.

    Returns:
        Bits per fixation; 0 for no fixation, per image.
    """
    check_convention(convention)
    if baseline is None:
        baseline = maps.ones_like(maps.as_float(density))
    if convention == "mit":
        fixations = once(fixations)
        density, baseline = (maps.normalize_range(x, mask) for x in (density, baseline))
    prediction, baseline = (maps.normalize_sum(x, mask) for x in (density, baseline))
    return _at_fixations(fixations, gain(prediction, baseline), mask)


def gain(prediction, baseline):
    """Bits that each pixel of two maps that sum to 1 gains if it is fixated."""
    return _log2(EPS + prediction) - _log2(EPS + baseline)


def ig_from_logits(fixations, logits, baseline=None, mask=None):
    """The same gain, with the prediction's logarithm from logits: exact however small it is."""
    log_prediction = maps.log_density(logits, mask)
    baseline = maps.ones_like(log_prediction) if baseline is None else baseline
    baseline = maps.normalize_sum(baseline, mask)
    return _at_fixations(fixations, log_prediction / math.log(2) - _log2(EPS + baseline), mask)


def once(fixations):
    """Fixation counts with every fixated pixel counted once."""
    return maps.minimum(maps.as_float(fixations), 1.0)


def _at_fixations(fixations, values, mask):
    """Mean over each image's fixations of the values there; 0 for no fixation."""
    fixations = maps.masked(maps.as_float(fixations), mask)
    return maps.total(fixations * values) / maps.at_least_one(maps.total(fixations))


def _log2(x):
    return maps.log(x) / math.log(2)
