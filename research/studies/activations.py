"""How activations lie over photos: a classifier's few and scattered, a saliency network's dense.

`python -m research.studies.activations --layers=MODEL:LAYER,... --photos=FOLDER` prints a table and
draws the distributions. The observation that the design starts from: of networks on one kind of
backbone, the last maps of one that classifies are sparser than those of one that predicts saliency,
so that fewer layers and channels do for the latter. Counted here are rectified activations, what a
layer with ReLU gives.
"""

import dataclasses
import os

import keras
import matplotlib
import numpy as np
from absl import flags

from research import trim
from salnet_tf import command_line
from salnet_tf.evaluation import tables
from salnet_tf.models import efficientnet_lite
from salnet_tf.training import initialisation

matplotlib.use("agg")

from matplotlib import figure

_BACKBONE_SIZE = (384, 512)  # what the teacher shows to its backbone
_BINS = 40


@dataclasses.dataclass(frozen=True)
class Spread:
    """How the activations of one layer lie over photos.

    Args:
        name: MODEL:LAYER.
        shape: (rows, columns, channels) of its maps.
        active: mean share of a map's cells that are above 0.
        silent: share of the maps that are 0 everywhere.
        half: mean, over the other maps, of the share of cells that holds half of the map's sum:
            0.5 where all cells are equal, near 0 where one cell has it all.
        histogram: `[40]` share of the cells above 0 by their part of their map's largest, 0..1.
    """

    name: str
    shape: tuple[int, int, int]
    active: float
    silent: float
    half: float
    histogram: np.ndarray


def measure(name, photos):
    """The `Spread` of a layer over photos.

    Args:
        name: MODEL:LAYER; MODEL is a preset, a `.keras` file, a workdir, or a backbone with its
            published ImageNet weights (`efficientnet_lite0` to `2`); LAYER one of its layers whose
            output is rectified.
        photos: a folder of them; up to 240 are used.

    Raises:
        ValueError: no such model, layer or photos, or activations below 0.
    """
    model, layer = _model_and_layer(name)
    canvases = trim.read_canvases(photos, model.input_shape[1:3])
    return spread(name, trim.in_batches(keras.Model(model.input, layer.output), canvases))


def spread(name, activations):
    """The `Spread` of `[n, rows, columns, channels]` activations, 0 or more.

    Raises:
        ValueError: one is below 0.
    """
    if activations.min() < 0:
        raise ValueError(f"{name} must be rectified. Received: {activations.min():.3g}")
    maps = np.moveaxis(activations, -1, 1).reshape(-1, np.prod(activations.shape[1:3]))
    active = float(np.mean(maps > 0))
    spoken = np.sort(maps[maps.any(axis=1)].astype(np.float64), axis=1)[:, ::-1]
    sums = np.cumsum(spoken, axis=1)
    half = (sums < sums[:, -1:] / 2).sum(axis=1) + 1
    parts = (spoken / spoken[:, :1])[spoken > 0]
    counts = np.histogram(parts, _BINS, (0, 1))[0]
    return Spread(
        name,
        activations.shape[1:],
        active,
        1 - len(spoken) / len(maps),
        float(np.mean(half / maps.shape[1])) if len(spoken) else 0.0,
        counts / max(1, counts.sum()),
    )


def table(spreads):
    """The spreads as a Markdown table."""
    head = ["layer", "maps", "cells above 0", "maps all 0", "cells with half of a map"]
    rows = []
    for one in spreads:
        height, width, channels = one.shape
        shares = [f"{share:.1%}" for share in (one.active, one.silent, one.half)]
        rows.append([one.name, f"{height}x{width}, {channels}", *shares])
    return tables.markdown(head, rows, left=2)


def draw(spreads, path):
    """Write a picture of the histograms."""
    drawn = figure.Figure(figsize=(8, 4.5), layout="constrained")
    axes = drawn.subplots()
    for one in spreads:
        axes.stairs(one.histogram, np.linspace(0, 1, _BINS + 1), label=one.name)
    axes.set(
        yscale="log",
        xlabel="activation above 0, in parts of its map's largest",
        ylabel="share of the cells",
        title="Activations over photos",
    )
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    drawn.savefig(path, dpi=120)


def _model_and_layer(name):
    model_name, colon, layer_name = name.rpartition(":")
    if not colon:
        raise ValueError(f"A layer is named MODEL:LAYER. Received: {name!r}")
    if model_name in efficientnet_lite.SCALES:
        model = efficientnet_lite.pretrained(model_name, _BACKBONE_SIZE)
    else:
        model = initialisation.load_model(model_name)
    layers = {layer.name: layer for layer in model.layers}
    if layer_name not in layers:
        raise ValueError(f"{model_name} has no layer of this name. Received: {layer_name!r}")
    return model, layers[layer_name]


def main(_):
    found = [measure(name, flags.FLAGS.photos) for name in flags.FLAGS.layers]
    print(table(found), end="")
    if flags.FLAGS.output:
        draw(found, flags.FLAGS.output)


def define_flags():
    """Define this command's flags."""
    flags.DEFINE_list(
        "layers",
        None,
        "MODEL:LAYER, several with commas; MODEL is a preset, a .keras file, a workdir, or a "
        "backbone with its ImageNet weights (efficientnet_lite2).",
        required=True,
    )
    flags.DEFINE_string(
        "photos", None, "A folder of photos; up to 240 of them are used.", required=True
    )
    flags.DEFINE_string("output", None, "A .png file to draw the distributions into.")


if __name__ == "__main__":
    define_flags()
    command_line.run(main)
