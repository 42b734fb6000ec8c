"""One map against one image's fixations: every score of the table, at the image's own size."""

import dataclasses
import functools
import typing

import cv2
import numpy as np
import scipy.ndimage

from salnet_tf.images import map_files
from salnet_tf.objectives import auc, emd, maps, scores

BASELINES = ("centre_bias", "gold_standard", "uniform", "spectral_residual")
PREDICTION_KINDS = ("saliency_map", "fixation_density")
_STRIP = 32768  # pixels

# Name -> what it is, and whether larger is better. `sauc_cb` is sAUC of the map divided by the
# centre bias.
METRICS = {
    "auc": ("AUC, exact against all pixels", True),
    "auc_judd": ("AUC-Judd, ties broken at random", True),
    "auc_borji": ("AUC-Borji, 100 splits, steps of 0.1", True),
    "sauc": ("shuffled AUC", True),
    "sauc_cb": ("shuffled AUC of the map divided by the centre bias", True),
    "nss": ("NSS, standard deviations", True),
    "ig": ("information gain over the centre bias, bits per fixation", True),
    "cc": ("correlation", True),
    "sim": ("similarity", True),
    "kld": ("KL divergence, nats", False),
    "emd": ("earth mover's distance, pixels at 1/32 size", False),
}
# An observer's fixations are points: these compare maps and have no leave-one-observer-out ceiling.
MAP_METRICS = ("cc", "sim", "kld", "emd")


@dataclasses.dataclass
class Truth:
    """What one image's maps are compared with.

    Args:
        stimulus: a `Stimulus`.
        others: `[m, 2]` fixations of the other images, as shares of width and height.
        centre: `[height, width]` centre bias density, of which this image is no part.
    """

    stimulus: object
    others: np.ndarray
    centre: np.ndarray

    @functools.cached_property
    def pixels(self):
        """`[n]` flat index of each fixation's pixel, ascending."""
        return pixels_of(self.stimulus.xy, self.stimulus.size)

    @functools.cached_property
    def negatives(self):
        """`[m]` flat index of the pixel of each of the other images' fixations, ascending."""
        return pixels_of(self.others * self.stimulus.size[::-1], self.stimulus.size)

    @property
    def fixations(self):
        """`[height, width]` counts."""
        return _counts(self.pixels, self.stimulus.size)

    @functools.cached_property
    def density(self):
        """`[height, width]` blurred fixations, or the set's own map; sums to 1."""
        if self.stimulus.saliency_map is not None:
            saliency = map_files.checked(self.stimulus.saliency_map, self.stimulus.size)
            return saliency / saliency.sum()
        xy, sigma = self.stimulus.xy, self.stimulus.sigma
        return np.asarray(maps.density_of_points(xy, np.ones(len(xy)), self.stimulus.size, sigma))


def pixels_of(xy, size):
    """`[n]` flat pixel indices, ascending; a fixation at x belongs to pixel floor(x)."""
    columns, rows = np.minimum(xy.astype(int), np.array(size[::-1]) - 1).T
    return np.sort(rows * size[1] + columns)


def _counts(pixels, size):
    counts = np.bincount(pixels, minlength=size[0] * size[1])
    return counts.reshape(size).astype(np.float64)


def score(truth, saliency, metrics, kind="saliency_map", convention="tuebingen"):
    """Every wanted score of one map.

    Args:
        truth: a `Truth`.
        saliency: `[height, width]` float64, at least 0, not all 0.
        metrics: names out of `METRICS`.
        kind: "saliency_map": one map for all scores; "fixation_density": a density over fixation
            points, from which the best map for each score is derived (Kuemmerer et al., ECCV 2018).
        convention: "tuebingen" or "mit", see `objectives.scores`.

    Returns:
        name -> float; NaN where it has no value (sAUC without other images).
    """
    scores.check_convention(convention)
    prediction = _Prediction(truth, saliency, kind)
    of_convention = _mit if convention == "mit" else _tuebingen
    compute = of_convention(truth, prediction) | {
        "auc": lambda: auc.mann_whitney(prediction.at(truth.pixels), prediction.ordered),
        "auc_judd": lambda: auc.judd(
            prediction.at(np.unique(truth.pixels)), prediction.ordered, jitter=0
        ),
        "auc_borji": lambda: auc.auc_borji(truth.fixations, saliency),
        "cc": lambda: prediction.against_truth.cc,
        "kld": lambda: prediction.against_truth.kld,
        "emd": lambda: emd.emd(truth.density, prediction.blurred),
    }
    return {name: float(compute[name]()) + 0.0 for name in metrics}  # -0.0 becomes 0.0


def _tuebingen(truth, prediction):
    """Name -> function, of the scores that the conventions differ in: at the fixations alone."""

    def shuffled(saliency):
        positives, negatives = (np.take(saliency, x) for x in (truth.pixels, truth.negatives))
        return auc.mann_whitney(positives, np.sort(negatives))

    def nss():
        average, scale = prediction.average_and_scale
        return (np.mean(prediction.at(truth.pixels)) - average) * scale

    def ig():
        shares = prediction.at(truth.pixels) / prediction.points.sum()
        baseline = np.take(truth.centre, truth.pixels) / truth.centre.sum()
        return np.mean(scores.gain(shares, baseline))

    return {
        "sauc": lambda: shuffled(prediction.points),
        "sauc_cb": lambda: shuffled(prediction.unbiased),
        "nss": nss,
        "ig": ig,
        "sim": lambda: prediction.sim,
    }


def _mit(truth, prediction):
    """The same of the older benchmark, by the formulas of whole maps."""

    def shuffled(saliency):
        negatives = _counts(truth.negatives, saliency.shape)
        return auc.sauc(truth.fixations, negatives, saliency, convention="mit")

    of_points = truth.fixations, prediction.points
    return {
        "sauc": lambda: shuffled(prediction.points),
        "sauc_cb": lambda: shuffled(prediction.unbiased),
        "nss": lambda: scores.nss(*of_points, convention="mit"),
        "ig": lambda: scores.ig(*of_points, truth.centre, convention="mit"),
        "sim": lambda: scores.sim(truth.density, prediction.for_sim, convention="mit"),
    }


def score_observers(truth, densities, metrics, convention="tuebingen"):
    """Scores of the gold standard: each observer's fixations under the others' density.

    Args:
        truth: a `Truth`.
        densities: pairs (own `[n]` bool, density) as `GoldStandard.densities` yields.
        metrics: names; those of `MAP_METRICS` get NaN.
        convention: see `score`.

    Returns:
        name -> mean over this image's fixations.
    """
    wanted = [name for name in metrics if name not in MAP_METRICS]
    total = dict.fromkeys(wanted, 0.0)
    for own, density in densities:
        stimulus = dataclasses.replace(
            truth.stimulus, xy=truth.stimulus.xy[own], observers=truth.stimulus.observers[own]
        )
        one = dataclasses.replace(truth, stimulus=stimulus)
        one.__dict__["negatives"] = truth.negatives
        values = score(one, density, wanted, convention=convention)
        for name in wanted:
            total[name] += values[name] * own.mean()
    return {name: total.get(name, np.nan) for name in metrics}


class _Prediction:
    """The map that each group of scores sees, made when first asked for."""

    def __init__(self, truth, saliency, kind):
        if kind not in PREDICTION_KINDS:
            raise ValueError(f"kind must be one of {PREDICTION_KINDS}. Received: {kind!r}")
        self._truth, self._is_density, self.points = truth, kind == "fixation_density", saliency

    def at(self, pixels):
        """`[n]` values at flat pixel indices."""
        return np.take(self.points, pixels)

    @functools.cached_property
    def ordered(self):
        """All pixels, ascending."""
        return np.sort(self.points, axis=None)

    @functools.cached_property
    def average_and_scale(self):
        """The mean, and the reciprocal standard deviation."""
        if not self._is_density and "against_truth" in self.__dict__:
            return self.against_truth.average, self.against_truth.scale
        average, squares = self.points.mean(), 0.0
        for strip in _strips(self.points.shape):
            deviation = self.points[strip] - average
            squares += np.vdot(deviation, deviation)
        return average, maps.reciprocal_std(squares / self.points.size, average)

    @property
    def unbiased(self):
        """Divided by the centre bias."""
        return self.points / np.maximum(self._truth.centre, np.finfo(np.float32).tiny)

    @functools.cached_property
    def blurred(self):
        """For CC and KL: what the blurred truth is expected to be."""
        if not self._is_density:
            return self.points
        sigma = self._truth.stimulus.sigma
        return scipy.ndimage.gaussian_filter(self.points, sigma, mode="constant")

    @functools.cached_property
    def against_truth(self):
        """`Comparison` of the blurred map with the truth."""
        return compare(self._truth.density, self.blurred)

    @property
    def for_sim(self):
        """Of the highest expected similarity."""
        stimulus = self._truth.stimulus
        if not self._is_density:
            return self.points
        return sim_map(self.points, len(stimulus.xy), stimulus.sigma)

    @property
    def sim(self):
        """Similarity to the truth."""
        if not self._is_density:
            return self.against_truth.sim
        return scores.sim(self._truth.density, self.for_sim)


class Comparison(typing.NamedTuple):
    """KL, CC and SIM of a map, and its mean and reciprocal standard deviation."""

    kld: float
    cc: float
    sim: float
    average: float
    scale: float


def compare(density, saliency):
    """The formulas of `objectives.scores` summed over strips of the maps that stay in the cache.

    A whole map at an image's own size outgrows it: reading and writing costs more than arithmetic.

    Args:
        density: truth, `[height, width]` float64, at least 0, not all 0.
        saliency: prediction, likewise.
    """
    sums, averages = (density.sum(), saliency.sum()), (density.mean(), saliency.mean())
    totals = np.zeros(5)
    for strip in _strips(density.shape):
        q, p = density[strip], saliency[strip]
        truth, share = q / sums[0], p / sums[1]
        q, p = q - averages[0], p - averages[1]
        # OpenCV's logarithm is as exact as NumPy's and takes a quarter of its time.
        kld = scores.divergence(truth, share, log=cv2.log)
        totals += kld, scores.overlap(truth, share), np.vdot(q, p), np.vdot(q, q), np.vdot(p, p)
    kld, sim, covariance, *variances = totals
    pairs = zip(variances, averages, strict=True)
    truth_scale, scale = (maps.reciprocal_std(v / density.size, a) for v, a in pairs)
    cc = covariance / density.size * truth_scale * scale
    return Comparison(kld, cc, sim, averages[1], scale)


def _strips(size):
    rows = max(1, _STRIP // size[1])
    return [slice(first, first + rows) for first in range(0, size[0], rows)]


def sim_map(density, count, sigma, samples=50, stride=4, seed=0):
    """The map of highest expected similarity if `count` fixations are drawn from a density.

    The expectation of `sum min(P, Q)` over drawn truths Q is concave and splits by pixel but for
    `sum P = 1`; hence P is, at every pixel, the same quantile of Q, the one at which the sum is 1.

    Args:
        density: `[height, width]`, at least 0.
        count: fixations of the truth.
        sigma: of the truth, pixels.
        samples: drawn truths.
        stride: the map is made at 1/stride of the size, which is well below sigma, and enlarged.
        seed: of the draws.

    Returns:
        `[height, width]`.
    """
    rng, size = np.random.default_rng(seed), density.shape
    cells = rng.choice(density.size, (samples, count), p=density.ravel() / density.sum())
    rows, columns = np.divmod(cells, size[1])
    xy = (np.stack([columns, rows], axis=-1) + 0.5) / stride
    small = [max(1, -(-side // stride)) for side in size]
    weights = np.ones(xy.shape[:2], np.float32)
    drawn = np.asarray(
        maps.density_of_points(xy.astype(np.float32), weights, small, sigma / stride)
    )
    drawn = np.sort(drawn, axis=0).astype(np.float64)
    low, high = 0.0, samples - 1.0
    for _ in range(30):
        level = (low + high) / 2
        below = int(level)
        quantile = drawn[below] + (level - below) * (
            drawn[min(below + 1, samples - 1)] - drawn[below]
        )
        low, high = (level, high) if quantile.sum() < 1 else (low, level)
    at = [np.minimum(np.arange(side) // stride, n - 1) for side, n in zip(size, small, strict=True)]
    return quantile[np.ix_(*at)]
