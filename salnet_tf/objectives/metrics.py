"""Metrics of a batch, cheap enough for the training loop: `nss`, `cc`, `sim`, `kld`.

`metric.update_state(batch, logits, sample_weight=batch["valid"])`; the result is the mean over
images, on the canvas. Figures to publish come from `salnet_tf.evaluation`, at the image's own size.
"""

import keras

from salnet_tf.objectives import maps, scores

_register = keras.saving.register_keras_serializable("salnet.metrics")


class MapMetric(keras.metrics.MeanMetricWrapper):
    """Mean over images of one score of a batch and the logits `[batch, height, width, 1]`."""

    def __init__(self, name=None, dtype=None):
        super().__init__(fn=self.score, name=name or self.short_name, dtype=dtype)
        self._direction = self.direction

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype}


@_register
class Nss(MapMetric):
    """Normalised scanpath saliency, standard deviations."""

    short_name, direction = "nss", "up"

    @staticmethod
    def score(batch, logits):
        mask = batch.get("mask")
        return scores.nss(batch["fixations"], maps.density(logits, mask), mask)


@_register
class Cc(MapMetric):
    """Pearson's correlation with the true density."""

    short_name, direction = "cc", "up"

    @staticmethod
    def score(batch, logits):
        mask = batch.get("mask")
        return scores.cc(batch["density"], maps.density(logits, mask), mask)


@_register
class Sim(MapMetric):
    """Similarity to the true density."""

    short_name, direction = "sim", "up"

    @staticmethod
    def score(batch, logits):
        mask = batch.get("mask")
        return scores.sim(batch["density"], maps.density(logits, mask), mask)


@_register
class Kld(MapMetric):
    """Kullback-Leibler divergence from the true density, nats."""

    short_name, direction = "kld", "down"

    @staticmethod
    def score(batch, logits):
        return scores.kld_from_logits(batch["density"], logits, batch.get("mask"))


METRICS = {metric.short_name: metric for metric in (Nss, Cc, Sim, Kld)}
