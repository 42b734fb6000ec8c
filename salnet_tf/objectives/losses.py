"""Losses of a batch: `loss(batch, logits, sample_weight=batch["valid"])`.

`batch` is the pipeline's dictionary; a loss reads `density` or `fixations`, and `mask`. `loss.call`
gives one value per image; padding never counts. Each loss falls as the prediction improves and is
bounded below; none is ever NaN. `parse` reads a mix from one flag: `kld:1,cc:1,nss:0.1`.
"""

import math

import keras
from keras import ops

from salnet_tf.objectives import maps, scores

_register = keras.saving.register_keras_serializable("salnet.losses")


class MapLoss(keras.Loss):
    """One number per image from a batch and the logits `[batch, height, width, 1]`.

    The mean over the batch is weighted by `sample_weight` (the batch's `valid`) and divided by its
    sum.
    """

    def __init__(self, name=None, reduction="mean_with_sample_weight", dtype=None):
        super().__init__(name=name or self.short_name, reduction=reduction, dtype=dtype)


@_register
class Kld(MapLoss):
    """Kullback-Leibler divergence of the predicted from the true density, nats."""

    short_name = "kld"

    def call(self, y_true, y_pred):
        return scores.kld_from_logits(y_true["density"], y_pred, y_true.get("mask"))


@_register
class Cc(MapLoss):
    """1 - Pearson's correlation of the densities, 0..2."""

    short_name = "cc"

    def call(self, y_true, y_pred):
        mask = y_true.get("mask")
        return 1.0 - scores.cc(y_true["density"], maps.density(y_pred, mask), mask)


@_register
class Sim(MapLoss):
    """1 - similarity of the densities, 0..1."""

    short_name = "sim"

    def call(self, y_true, y_pred):
        mask = y_true.get("mask")
        return 1.0 - scores.sim(y_true["density"], maps.density(y_pred, mask), mask)


@_register
class Nss(MapLoss):
    """sigmoid(-NSS), 0..1: an unbounded -NSS rewards ever sharper peaks until training explodes."""

    short_name = "nss"

    def call(self, y_true, y_pred):
        return ops.sigmoid(-_nss(y_true, y_pred))


@_register
class ExpNss(MapLoss):
    """exp(-NSS), of this project's first draft; NSS below -3 (a loss of 20) counts as -3."""

    short_name = "exp_nss"

    def call(self, y_true, y_pred):
        return ops.exp(ops.minimum(-_nss(y_true, y_pred), 3.0))


@_register
class Ig(MapLoss):
    """-(information gain over the uniform density), bits per fixation."""

    short_name = "ig"

    def call(self, y_true, y_pred):
        mask = y_true.get("mask")
        return -scores.ig_from_logits(y_true["fixations"], y_pred, mask=mask)


@_register
class Bce(MapLoss):
    """Mean binary cross-entropy of sigmoid(logits) and the density divided by its maximum, nats."""

    short_name = "bce"

    def call(self, y_true, y_pred):
        mask = y_true.get("mask")
        target = maps.normalize_max(y_true["density"], mask)
        logits = ops.clip(maps.as_float(y_pred), -maps.LOGIT_LIMIT, maps.LOGIT_LIMIT)
        cost = ops.relu(logits) - logits * target + ops.log1p(ops.exp(-ops.absolute(logits)))
        return maps.mean(cost, mask)


@_register
class Mse(MapLoss):
    """Mean squared difference of the densities, each divided by its maximum, 0..1."""

    short_name = "mse"

    def call(self, y_true, y_pred):
        mask = y_true.get("mask")
        target = maps.normalize_max(y_true["density"], mask)
        prediction = maps.normalize_max(maps.density(y_pred, mask), mask)
        return maps.mean(ops.square(prediction - target), mask)


@_register
class Sparse(MapLoss):
    """Divergence of the predicted from a sparse fixation map, forgiving near misses, nats.

    Each pixel's prediction becomes the largest within a window around it, and the whole is divided
    by its sum over valid pixels again: a peak that lies next to a fixation is then as good as one
    on it. After Xiao, arXiv:1809.00644, of which abstract and introduction could be had:
    clustering, max pooling and a dense comparison are the paper's, the divergence, the clusters'
    masses as weights and the default window are ours. Reads `sparse` (the clusters of
    `pipeline.clustering` as a map) or, where the batch has none, `fixations`.

    Args:
        window: side of the window in pixels of the canvas, odd; 1 is the plain loss of the points.
    """

    short_name = "sparse"

    def __init__(self, window=15, **kwargs):
        super().__init__(**kwargs)
        if window != int(window) or window < 1 or window % 2 == 0:
            raise ValueError(f"window must be an odd number of pixels. Received: {window}")
        self.window = int(window)

    def call(self, y_true, y_pred):
        mask = y_true.get("mask")
        points = y_true["sparse"] if "sparse" in y_true else y_true["fixations"]
        # The largest logit is the largest density, and softmax renormalises.
        divergence = scores.kld_from_logits(points, self._pooled(y_pred, mask), mask)
        # A photo that nobody looked at (a teacher's alone) says nothing about points.
        seen = ops.any(ops.convert_to_tensor(points) > 0, axis=(-3, -2, -1))
        return divergence * ops.cast(seen, divergence.dtype)

    def _pooled(self, logits, mask):
        logits = ops.convert_to_tensor(maps.log_density(logits, mask))
        for window in ((self.window, 1), (1, self.window)):
            logits = ops.max_pool(logits, window, strides=1, padding="same")
        return logits

    def get_config(self):
        return {**super().get_config(), "window": self.window}


LOSSES = {loss.short_name: loss for loss in (Kld, Cc, Sim, Nss, ExpNss, Ig, Bce, Mse, Sparse)}


@_register
class WeightedSum(MapLoss):
    """Sum of losses, each times its weight.

    Args:
        terms: list of (loss, weight) pairs.
    """

    short_name = "weighted_sum"

    def __init__(self, terms, **kwargs):
        super().__init__(**kwargs)
        self.terms = [(loss, float(weight)) for loss, weight in terms]

    def call(self, y_true, y_pred):
        return sum(weight * loss.call(y_true, y_pred) for loss, weight in self.terms)

    def get_config(self):
        terms = [[keras.saving.serialize_keras_object(loss), weight] for loss, weight in self.terms]
        return {**super().get_config(), "terms": terms}

    @classmethod
    def from_config(cls, config):
        terms = [
            (keras.saving.deserialize_keras_object(loss), weight)
            for loss, weight in config["terms"]
        ]
        return cls(**{**config, "terms": terms})


def parse(mix):
    """The loss that a flag names.

    Args:
        mix: `name:weight` pairs joined by commas, such as `kld:1,cc:1,nss:0.1`; the names are
            `LOSSES`, the weights positive numbers. A name alone has weight 1. `sparse@15:1` sets
            the window of the sparse loss, odd pixels of the canvas.

    Returns:
        A `WeightedSum`.

    Raises:
        ValueError: an unknown or repeated name, a weight that is not a positive number, a window
            that is not odd or not the sparse loss's.
    """
    terms = {}
    for term in mix.split(","):
        named, _, weight = (part.strip() for part in term.partition(":"))
        name, at, window = named.partition("@")
        if name not in LOSSES:
            raise ValueError(f"A loss is one of {', '.join(LOSSES)}. Received: {name!r} in {mix!r}")
        if name in terms:
            raise ValueError(f"A loss may be named once. Received: {name!r} twice in {mix!r}")
        if at and name != Sparse.short_name:
            raise ValueError(f"Only sparse takes a window. Received: {named!r} in {mix!r}")
        options = {"window": _positive(window, "window", mix)} if at else {}
        terms[name] = LOSSES[name](**options), _positive(weight or "1", "loss weight", mix)
    return WeightedSum(terms.values())


def _positive(text, what, mix):
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise ValueError(f"A {what} is a positive number. Received: {text!r} in {mix!r}")
    return number


def _nss(batch, logits):
    mask = batch.get("mask")
    return scores.nss(batch["fixations"], maps.density(logits, mask), mask)
