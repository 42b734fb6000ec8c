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


LOSSES = {loss.short_name: loss for loss in (Kld, Cc, Sim, Nss, ExpNss, Ig, Bce, Mse)}


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
            `LOSSES`, the weights positive numbers. A name alone has weight 1.

    Returns:
        A `WeightedSum`.

    Raises:
        ValueError: an unknown or repeated name, or a weight that is not a positive number.
    """
    terms = {}
    for term in mix.split(","):
        name, _, weight = (part.strip() for part in term.partition(":"))
        if name not in LOSSES:
            raise ValueError(f"A loss is one of {', '.join(LOSSES)}. Received: {name!r} in {mix!r}")
        if name in terms:
            raise ValueError(f"A loss may be named once. Received: {name!r} twice in {mix!r}")
        terms[name] = _weight(weight or "1", mix)
    return WeightedSum([(LOSSES[name](), weight) for name, weight in terms.items()])


def _weight(text, mix):
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0 < weight < math.inf:
        raise ValueError(f"A loss weight is a positive number. Received: {text!r} in {mix!r}")
    return weight


def _nss(batch, logits):
    mask = batch.get("mask")
    return scores.nss(batch["fixations"], maps.density(logits, mask), mask)
