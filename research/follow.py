"""Follow a wider network, module by module: what a trimmed one lost, it learns to give again.

A teacher's densities are learned by heart where photos are few. The outputs of the modules of a
wide network of the same basis (`research.trim`) are hundreds of maps for any photo, augmented
anyhow, and a narrow network that gives them does on new photos what the wide one does.
"""

import dataclasses

import keras
from keras import ops

from research import trim
from salnet_tf.training import initialisation


@dataclasses.dataclass(frozen=True)
class Follow:
    """What `training.loop.train` takes as `extra`.

    Args:
        name: of the network to follow, as `load` takes it.
        weight: see `Following`.
    """

    name: str
    weight: float = 1.0

    @property
    def identity(self):
        return {"follow": self.name, "follow_weight": self.weight}

    def attach(self, model, loss):
        """The `streams` of the network, and their loss."""
        return streams(model), Following(loss, load(self.name, model), self.weight)


def streams(model):
    """A network with more outputs: after its logits those of each module, and of the reduction.

    Args:
        model: a `SalNet`; the new model has its layers.
    """
    modules = [model.module_output(n) for n in range(1, 1 + len(model.config.modules))]
    reduction = model.get_layer("reduction").output
    return keras.Model(model.input, [model.output, *modules, reduction], name="streams")


def load(name, narrow):
    """The `streams` of the network to follow, at the canvas of the one that follows; frozen.

    Args:
        name: a preset with shipped weights, a `.keras` file or a workdir.
        narrow: the `SalNet` that follows.

    Raises:
        ValueError: there is none, or it is not the same network but for more expanded channels.
    """
    wide = initialisation.load_model(name)
    if not isinstance(wide, type(narrow)) or not trim.can_trim(wide, narrow):
        raise ValueError(
            f"follow must name the same network, but for more expanded channels. Received: {name!r}"
        )
    wide = wide.with_image_size(narrow.image_size)
    wide.trainable = False
    return streams(wide)


class Following:
    """A loss of the logits plus the weighted error of the modules' outputs.

    Args:
        loss: a loss of `objectives.losses`.
        wide: what `load` returns.
        weight: of the error, which is the mean over the outputs of the share of their variance
            over cells and batch that is missed.
    """

    def __init__(self, loss, wide, weight):
        self.loss, self.wide, self.weight = loss, wide, weight

    def call(self, batch, outputs):
        """`[b]`, of a batch and the outputs of `streams`."""
        logits, *found = outputs
        wanted = self.wide(batch["image"], training=False)[1:]
        error = sum(_missed(f, w) for f, w in zip(found, wanted, strict=True)) / len(found)
        return self.loss.call(batch, logits) + self.weight * error


def _missed(found, wanted):
    """`[b]`: squared error of `[b, rows, columns, channels]`, in parts of the wanted variance."""
    found, wanted = ops.cast(found, "float32"), ops.cast(wanted, "float32")
    variance = ops.mean(ops.var(wanted, axis=(0, 1, 2)))
    return ops.mean(ops.square(found - wanted), axis=(1, 2, 3)) / (variance + 1e-6)
