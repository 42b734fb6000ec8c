"""One map against one image's fixations: every score of the table, at the image's own size."""

import dataclasses
import functools

import numpy as np
import scipy.ndimage

from salnet_tf.objectives import auc, emd, kept, maps, scores

BASELINES = ("centre_bias", "gold_standard", "uniform", "spectral_residual")
PREDICTION_KINDS = ("saliency_map", "fixation_density")

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
    def fixations(self):
        """`[height, width]` counts."""
        return count_fixations(self.stimulus.xy, self.stimulus.size)

    @functools.cached_property
    def points(self):
        """`maps.Points` of the fixations."""
        return _points(self.stimulus.xy, self.stimulus.size)

    @functools.cached_property
    def negatives(self):
        """`maps.Points` of the other images' fixations, moved to this image's pixels."""
        return _points(self.others * self.stimulus.size[::-1], self.stimulus.size)

    @functools.cached_property
    def density(self):
        """`[height, width]` blurred fixations, sum to 1."""
        xy, sigma = self.stimulus.xy, self.stimulus.sigma
        return np.asarray(maps.density_of_points(xy, np.ones(len(xy)), self.stimulus.size, sigma))

    @functools.cached_property
    def kept_density(self):
        """`density` as `kept.Kept`, for all maps that are compared with it."""
        return kept.Kept(self.density)

    @functools.cached_property
    def kept_centre(self):
        """`centre` as `kept.Kept`."""
        return kept.Kept(self.centre)


def count_fixations(xy, size):
    """Fixations per pixel, `[height, width]` float64; a fixation at x belongs to pixel floor(x)."""
    counts = np.bincount(_pixels(xy, size), minlength=size[0] * size[1])
    return counts.reshape(size).astype(np.float64)


def _pixels(xy, size):
    columns, rows = xy.T.astype(int)
    return np.minimum(rows, size[0] - 1) * size[1] + np.minimum(columns, size[1] - 1)


def _points(xy, size):
    index, counts = np.unique(_pixels(xy, size), return_counts=True)
    return maps.Points(index, counts.astype(np.float64))


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
    derived = _Derived(truth, saliency, kind)
    if kind == "saliency_map" and {"cc", "sim", "kld"} & set(metrics):
        scores.share_pass(truth.kept_density, derived.kept)
    fixations = truth.points
    mit = {"convention": convention}
    compute = {
        "auc": lambda: auc.auc(fixations, derived.kept, ranked=derived.ranked),
        "auc_judd": lambda: auc.auc_judd(fixations, derived.kept, jitter=0, ranked=derived.ranked),
        "auc_borji": lambda: auc.auc_borji(fixations, derived.kept),
        "sauc": lambda: auc.sauc(fixations, truth.negatives, derived.kept, **mit),
        "sauc_cb": lambda: auc.sauc(fixations, truth.negatives, derived.unbiased, **mit),
        "nss": lambda: scores.nss(fixations, derived.kept, **mit),
        "ig": lambda: scores.ig(fixations, derived.kept, truth.kept_centre, **mit),
        "cc": lambda: scores.cc(truth.kept_density, derived.blurred),
        "sim": lambda: scores.sim(truth.kept_density, derived.for_sim, **mit),
        "kld": lambda: scores.kld(truth.kept_density, derived.blurred),
        "emd": lambda: emd.emd(truth.density, derived.blurred.values),
    }
    return {name: float(compute[name]()) + 0.0 for name in metrics}  # -0.0 becomes 0.0


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
        one.__dict__.update(negatives=truth.negatives, kept_centre=truth.kept_centre)
        values = score(one, density, wanted, convention=convention)
        for name in wanted:
            total[name] += values[name] * own.mean()
    return {name: total.get(name, np.nan) for name in metrics}


class _Derived:
    """The map that each group of scores sees, made when first asked for."""

    def __init__(self, truth, saliency, kind):
        if kind not in PREDICTION_KINDS:
            raise ValueError(f"kind must be one of {PREDICTION_KINDS}. Received: {kind!r}")
        self._truth, self._is_density, self.points = truth, kind == "fixation_density", saliency

    @functools.cached_property
    def ranked(self):
        return auc.ranks(self._truth.points, self.kept)

    @functools.cached_property
    def kept(self):
        return kept.Kept(self.points)

    @property
    def unbiased(self):
        return self.points / np.maximum(self._truth.centre, np.finfo(np.float32).tiny)

    @functools.cached_property
    def blurred(self):
        """For CC and KL: what the blurred truth is expected to be."""
        if not self._is_density:
            return self.kept
        sigma = self._truth.stimulus.sigma
        return kept.Kept(scipy.ndimage.gaussian_filter(self.points, sigma, mode="constant"))

    @functools.cached_property
    def for_sim(self):
        stimulus = self._truth.stimulus
        if not self._is_density:
            return self.kept
        return sim_map(self.points, len(stimulus.xy), stimulus.sigma)


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
