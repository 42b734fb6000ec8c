"""Hints: what a teacher sees, for the student's middle; its densities say only where it looks.

Hint-based training (Romero et al., arXiv:1412.6550): a 1x1 convolution on a hidden layer of the
student, left out of the network afterwards, has to give the teacher's features. A density is one
map a photo; what is in the photo, and what each readout makes its density of, is sixty, and new
photos profit. The features are those where the readouts have merged strides 16 and 32, all readouts
side by side, reduced to their principal components.
"""

import dataclasses

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from salnet_tf.images import geometry, listing
from salnet_tf.models import teacher as teacher_lib
from salnet_tf.training import soft_targets, stored

GRID = (15, 20)  # cells over a photo: a student's stride 16 at 240x320
BASIS_PHOTOS = 256
_MERGED = "merge16"


@dataclasses.dataclass(frozen=True)
class Basis:
    """Principal components of a teacher's merged features.

    A component's standard deviation is divided by its root, so that the first ones count most but
    not alone, and all by one number, so that their mean variance is 1: a loss of 1 is no better
    than the mean.

    Args:
        mean: `[features]` float32.
        projection: `[features, channels]` float32.
    """

    mean: np.ndarray
    projection: np.ndarray

    def apply(self, features):
        """`[..., features]` -> `[..., channels]` float16."""
        return ((features - self.mean) @ self.projection).astype(np.float16)


def sample(image_ids):
    """At most `BASIS_PHOTOS` of them, evenly spread: those whose features the basis is made of."""
    return listing.spread(image_ids, BASIS_PHOTOS)


def find_basis(features, channels):
    """The `Basis` of a sample.

    Args:
        features: `[n, features]`.
        channels: components to keep.

    Raises:
        ValueError: there are not as many features.
    """
    if not 1 <= channels <= features.shape[1]:
        raise ValueError(
            f"hints must be 1..{features.shape[1]}, the teacher's features. Received: {channels}"
        )
    mean = features.mean(0)
    variances, vectors = np.linalg.eigh(np.cov(features - mean, rowvar=False))
    kept = np.argsort(variances)[::-1][:channels]
    deviations = np.sqrt(np.maximum(variances[kept], 1e-12))
    projection = vectors[:, kept] / np.sqrt(deviations * deviations.mean())
    return Basis(mean.astype(np.float32), projection.astype(np.float32))


def extractor(teacher):
    """A function of {image_id: `[H, W, 3]`} -> merged features over each photo, `[n, 15, 20, f]`.

    Args:
        teacher: a `Teacher`; its readouts' features lie side by side.

    Raises:
        ValueError: it is another network.
    """
    if not isinstance(teacher, teacher_lib.Teacher):
        raise ValueError(f"hints come from a teacher's readouts. Received: a {teacher.name}")
    image = keras.Input(teacher.input_shape[1:], name="image")
    features = teacher.backbone(image)
    merged = [
        keras.Model(readout.inputs[1:3], readout.get_layer(_MERGED).output)(features[1:])
        for readout in teacher.readouts
    ]
    model = keras.Model(image, ops.concatenate(merged, axis=-1))

    @tf.function(jit_compile=False, reduce_retracing=True)
    def forward(canvases):
        return model(canvases, training=False)

    def run(images):
        canvases, placements = zip(
            *(geometry.image_to_canvas(i, teacher.image_size) for i in images.values()), strict=True
        )
        found = forward(np.stack(canvases)).numpy()
        return np.stack([_over_photo(f, p) for f, p in zip(found, placements, strict=True)])

    return run


def _over_photo(features, placement):
    """`[rows, columns, f]` over a canvas -> means over the cells of the photo's grid."""
    rows = _shares(placement.top, placement.height, placement.canvas_height, GRID[0], len(features))
    columns = _shares(
        placement.left, placement.width, placement.canvas_width, GRID[1], features.shape[1]
    )
    return np.einsum("ir,rcf,jc->ijf", rows, features, columns, optimize=True)


def _shares(start, length, whole, cells, count):
    """How much of each of `count` canvas cells lies in each of `cells` photo cells; sums to 1."""
    edges = (start + np.arange(cells + 1) / cells * length) * count / whole
    low, high = np.arange(count), np.arange(count) + 1
    overlap = np.minimum(edges[1:, None], high) - np.maximum(edges[:-1, None], low)
    overlap = np.maximum(overlap, 0)
    return (overlap / overlap.sum(1, keepdims=True)).astype(np.float32)


class Store:
    """The hints in a folder of a teacher's densities: a basis, and files of some photos each.

    Args:
        folder: the folder that `python -m trainers.distill` writes.
    """

    def __init__(self, folder):
        self.folder = tf.io.gfile.join(str(folder), "hints")

    def basis(self):
        """The `Basis` of all hints in the folder, or None."""
        path = self._path("basis.npz")
        return Basis(**stored.read_arrays(path)) if tf.io.gfile.exists(path) else None

    def save_basis(self, basis):
        """Write it; the hints that follow must be of it."""
        stored.write_arrays(self._path("basis.npz"), mean=basis.mean, projection=basis.projection)

    def append(self, name, image_ids, hints, digests):
        """Write one more file, whose photos count for those of the same names before.

        Args:
            name: of the set or folder.
            image_ids: list of n.
            hints: `[n, 15, 20, channels]`.
            digests: `photo.digest` of each, n.
        """
        number = len(self._files(name))
        path = self._path(f"{_stem(name)}.{number:04}.npz")
        stored.write_arrays(
            path,
            image_ids=np.array(image_ids),
            hints=hints,
            digests=np.array(digests, np.uint32),
        )

    def digests(self, name):
        """{photo of a set or folder that has hints: digest of the file they are of, or None}."""
        digests = {}
        for path in self._files(name):
            part = stored.read_arrays(path)
            known = part.get("digests", [None] * len(part["image_ids"]))
            digests |= dict(zip(map(str, part["image_ids"]), known, strict=True))
        return digests

    def of(self, name, image_ids):
        """The hints of photos of a set or folder, `[m, 15, 20, channels]` float16.

        Raises:
            ValueError: there are none, or not of one of them.
        """
        parts = [stored.read_arrays(path) for path in self.files(name)]
        known = [str(image_id) for part in parts for image_id in part["image_ids"]]
        rows = soft_targets.rows_of(image_ids, known, "hints")
        return np.concatenate([part["hints"] for part in parts])[rows]

    def files(self, name):
        """The files of a set or folder.

        Raises:
            ValueError: there are none.
        """
        files = self._files(name)
        if not files:
            raise ValueError(
                f"No hints for {name} (`python -m trainers.distill --hints=64` makes them). "
                f"Received: {self.folder}"
            )
        return files

    def _files(self, name):
        return sorted(tf.io.gfile.glob(self._path(f"{_stem(name)}.[0-9]*.npz")))

    def _path(self, name):
        return tf.io.gfile.join(self.folder, name)


def _stem(name):
    return soft_targets.file_name(name).removesuffix(".npz")


def attach(table, folder):
    """A `Table` with the hints of its photos, from a folder of a teacher's densities.

    Raises:
        ValueError: one has none, or those of another photo of its name.
    """
    store = Store(folder)
    soft_targets.check_same_photos(table, store.digests(table.dataset))
    return dataclasses.replace(table, hints=store.of(table.dataset, table.image_ids))


def with_head(model, channels):
    """A network and, as second output, what it makes of the hints: `[b, rows, columns, channels]`.

    The head is a 1x1 convolution on the last of the widest modules.

    Args:
        model: a `SalNet`; the new model has its layers.
        channels: of the hints.
    """
    x = model.module_output(_module(model))
    x = keras.layers.Conv2D(channels, 1, name="hint_head", dtype="float32")(x)
    return keras.Model(model.input, [model.output, x], name="hinted")


def stride(model):
    """Canvas pixels of a `SalNet` per cell of its hinted layer."""
    return model.config.strides()[_module(model) - 1]


def _module(model):
    widths = [module.filters for module in model.config.modules]
    return max(number for number, width in enumerate(widths, 1) if width == max(widths))


class Hinted:
    """A loss of the logits plus the weighted squared error of the hints.

    Args:
        loss: a loss of `objectives.losses`.
        weight: of the hints.
    """

    def __init__(self, loss, weight):
        self.loss, self.weight = loss, weight

    def call(self, batch, outputs):
        """`[b]`, of a batch with `hints` and `hint_mask`, and the outputs of `with_head`."""
        logits, hints = outputs
        mask = batch["hint_mask"]
        error = ops.mean(ops.square(hints - batch["hints"]), axis=-1, keepdims=True)
        error = ops.sum(error * mask, (1, 2, 3)) / ops.maximum(ops.sum(mask, (1, 2, 3)), 1.0)
        return self.loss.call(batch, logits) + self.weight * error
