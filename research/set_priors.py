"""A centre prior and a sharpness of its own for each of some sets, while training.

Sets differ in where people start to look and in the blur of their maps; without parameters of their
own these differences get into the shared weights (UNISAL, arXiv:2003.05477, has such priors too).
What is named here is left out of best.keras: the network keeps the prior of the sets not named.

`python -m research.train --set_priors=fixation_table/figrim,map_folder/course_maps ...`
"""

import dataclasses

import keras
import numpy as np
from keras import ops

GRID = (6, 8)  # cells of a prior over the canvas


@dataclasses.dataclass(frozen=True)
class SetPriors:
    """What `training.loop.train` takes as `extra`.

    Args:
        own: names of the sets that get a prior and a sharpness of their own.
        sets: names of all sets and folders of the run, in order.

    Raises:
        ValueError: one of `own` is not among the sets, or none is left that is not.
    """

    own: tuple[str, ...]
    sets: tuple[str, ...]

    def __post_init__(self):
        unknown = [name for name in self.own if name not in self.sets]
        if unknown:
            raise ValueError(
                f"set_priors names sets of the run: {', '.join(self.sets)}. Received: {unknown[0]}"
            )
        if not set(self.sets) - set(self.own):
            raise ValueError(
                "One set at least must keep the network's own prior, which is what is left after "
                f"training. Received: {', '.join(self.own)}"
            )

    @property
    def identity(self):
        return {"set_priors": list(self.own)}

    def attach(self, model, loss):
        """The network with the priors, and the loss of the logits that they change."""
        rows = [self.own.index(name) + 1 if name in self.own else 0 for name in self.sets]
        priors = Priors(len(self.own), rows, name="set_priors", dtype="float32")
        return keras.Model(model.input, priors(model.output), name="with_set_priors"), OfSets(
            loss, priors
        )


class Priors(keras.layers.Layer):
    """Holds the priors and sharpnesses; passes the logits on as they are.

    Args:
        count: of the sets with their own.
        rows: for each set of the run, the number of its own from 1, or 0.
    """

    def __init__(self, count, rows, **kwargs):
        super().__init__(**kwargs)
        self.count, self.rows = count, np.array(rows, np.int32)

    def build(self, input_shape):
        self.height, self.width = input_shape[1:3]
        cells = GRID[0] * GRID[1]
        self.prior = self.add_weight(name="prior", shape=(self.count, cells), initializer="zeros")
        self.sharpness = self.add_weight(
            name="sharpness", shape=(self.count, 1), initializer="zeros"
        )

    def call(self, logits):
        return logits

    def changed(self, logits, sets):
        """The logits `[b, h, w, 1]` with the prior and sharpness of each image's set `[b]`."""
        own = ops.one_hot(ops.take(self.rows, sets) - 1, self.count)
        prior = ops.reshape(ops.matmul(own, self.prior), (-1, *GRID, 1))
        prior = ops.image.resize(
            prior, (self.height, self.width), interpolation="bilinear", data_format="channels_last"
        )
        scale = ops.exp(ops.matmul(own, self.sharpness))[:, :, None, None]
        return (logits + prior) * scale


class OfSets:
    """A loss of the logits as each image's set has them.

    Args:
        loss: a loss of `objectives.losses`.
        priors: the `Priors`.
    """

    def __init__(self, loss, priors):
        self.loss, self.priors = loss, priors

    def call(self, batch, logits):
        """`[b]`, of a batch with `set`."""
        return self.loss.call(batch, self.priors.changed(logits, batch["set"]))
