"""Scores of a predicted map, differentiable, one formula each: KL, CC, SIM, NSS, information gain.

Truth first, prediction second. Maps are `[height, width]`, `[batch, height, width]` or
`[batch, height, width, 1]`; the result is a scalar or `[batch]`. One image's map may be a
`kept.Kept`, its fixation counts `maps.Points`: the same numbers, less often computed. `mask` is 1
on the image and 0 on the padding. Computed in float64 for float64 input, else in float32; never
NaN for finite input.

`convention="tuebingen"` is today's MIT/Tuebingen benchmark, which pysaliency computes; "mit" is the
older MATLAB code of the MIT benchmark (Bylinskii et al., arXiv:1604.03605). Where the two agree
there is no such argument.
"""

import itertools
import math

import numpy as np

from salnet_tf.objectives import kept, maps

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
    return maps.total_of(_divergence, truth, prediction)


def kld_from_logits(density, logits, mask=None):
    """The same divergence, `sum Q (ln Q - ln P)`, exact however small P is."""
    truth = maps.normalize_sum(density, mask)
    log_truth = maps.namespace(truth).log(maps.at_least_one(truth))  # 0 ln 0 is 0
    return maps.total(truth * (log_truth - maps.log_density(logits, mask)))


def cc(density, saliency, mask=None):
    """Pearson's correlation of two maps, -1..1; 0 if one of them is constant."""
    truth, truth_scale = maps.centred(density, mask)
    prediction, scale = maps.centred(saliency, mask)
    covariance = maps.dot(truth, prediction) / maps.total(maps.count(prediction, mask))
    return covariance * maps.total(truth_scale * scale)


def sim(density, saliency, mask=None, convention="tuebingen"):
    """Similarity (histogram intersection): sum of the minima of two densities, 0..1.

    "mit" stretches each map to 0..1 before it is divided by its sum; "tuebingen" only divides.
    """
    check_convention(convention)
    if convention == "mit":
        density, saliency = (maps.normalize_range(x, mask) for x in (density, saliency))
    truth, prediction = maps.normalize_sum(density, mask), maps.normalize_sum(saliency, mask)
    return maps.total_of(_overlap, truth, prediction)


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
    deviation, scale = maps.centred(saliency, mask, **({"ddof": 1} if mit else {}))
    fixations = once(fixations) if mit else fixations
    return _at_fixations(fixations, lambda x: x * scale, mask, deviation)


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
    fixations = once(fixations) if convention == "mit" else fixations
    if baseline is None:
        baseline = _ones_like(maps.normalize_sum(density))
    if convention == "mit":
        density, baseline = (maps.normalize_range(x, mask) for x in (density, baseline))
    pair = maps.normalize_sum(density, mask), maps.normalize_sum(baseline, mask)
    return _at_fixations(fixations, lambda p, b: _log2(EPS + p) - _log2(EPS + b), mask, *pair)


def ig_from_logits(fixations, logits, baseline=None, mask=None):
    """The same gain, with the prediction's logarithm from logits: exact however small it is."""
    log_prediction = maps.log_density(logits, mask)
    baseline = _ones_like(log_prediction) if baseline is None else baseline
    pair = log_prediction, maps.normalize_sum(baseline, mask)
    return _at_fixations(fixations, lambda p, b: p / math.log(2) - _log2(EPS + b), mask, *pair)


def once(fixations):
    """Fixation counts with every fixated pixel counted once."""
    if isinstance(fixations, maps.Points):
        return fixations._replace(counts=np.ones(len(fixations.index)))
    fixations = maps.as_float(fixations)
    return maps.namespace(fixations).minimum(fixations, 1.0)


def share_pass(density, saliency):
    """Take all that `cc`, `sim` and `kld` sum over two `kept.Kept` maps in one pass over them."""
    densities = maps.normalize_sum(density), maps.normalize_sum(saliency)
    products = itertools.combinations_with_replacement((density, saliency), 2)
    kept.take_totals(
        (_divergence, *densities), (_overlap, *densities), *((np.vdot, *each) for each in products)
    )


def _divergence(q, p):
    return maps.dot(q, maps.namespace(q, p).log(EPS + q / (p + EPS)))


def _overlap(q, p):
    return maps.total(maps.namespace(q, p).minimum(q, p))


def _at_fixations(fixations, value, mask, *images):
    """Mean over each image's fixations of `value` of the images there; 0 for no fixation."""
    sparse = isinstance(fixations, maps.Points)
    if not sparse:
        fixations = maps.masked(maps.as_float(fixations), mask)
    if sparse or (fixations.ndim == 2 and maps.namespace(fixations, *images) is np):
        index, counts = maps.points(fixations)
        fixations, images = counts[None], [np.take(x, index)[None] for x in images]
    number = maps.total(fixations)
    return maps.total(fixations * value(*images)) / maps.at_least_one(number)


def _log2(x):
    return maps.namespace(x).log(x) / math.log(2)


def _ones_like(x):
    return maps.namespace(x).ones_like(x)
