"""A split of a prepared set in memory: canvases, and fixations in canvas coordinates."""

import dataclasses
import hashlib

import numpy as np
import tensorflow as tf

from salnet_tf.pipeline import canvas, geometry, reader


@dataclasses.dataclass(frozen=True)
class Table:
    """A split, laid on canvases of one size; every array's first axis is the image.

    Args:
        dataset: full name of the set, e.g. `fixation_table/osie`.
        image_ids: list of n.
        images: `[n, height, width, 3]` uint8 canvases.
        boxes: `[n, 4]` int32: top, left, height, width of the image on its canvas.
        points: `[n, most, 2]` float32 fixations (x, y) in canvas coordinates, padded.
        weights: `[n, most]` float32, 1 for a fixation inside the image, 0 for padding.
        sigmas: `[n]` float32 ground-truth sigma in canvas pixels.
        soft: `[n, rows, columns]` float16 log-densities of a teacher over each image (not its
            canvas), or None.
        shares: `[n]` float32, weight of the teacher against the fixations in the density, or None.
    """

    dataset: str
    image_ids: list
    images: np.ndarray
    boxes: np.ndarray
    points: np.ndarray
    weights: np.ndarray
    sigmas: np.ndarray
    soft: np.ndarray | None = None
    shares: np.ndarray | None = None

    def __len__(self):
        return len(self.image_ids)


def load(dataset, split, data_dir, canvas_size):
    """Read a split into a `Table`.

    Raises:
        ValueError: unknown set or split, or an empty one.
    """
    examples = list(reader.examples(dataset, split, data_dir))
    if not examples:
        raise ValueError(f"Data set {dataset} has no image in its split {split!r}.")
    count, most = len(examples), max(1, max(len(e.fixations["x"]) for e in examples))
    images = np.zeros((count, *canvas_size, 3), np.uint8)
    boxes = np.zeros((count, 4), np.int32)
    points = np.zeros((count, most, 2), np.float32)
    weights = np.zeros((count, most), np.float32)
    sigmas = np.zeros(count, np.float32)
    for i, example in enumerate(examples):
        image = canvas.decode(example.image)
        placement = geometry.place(image.shape[:2], canvas_size)
        images[i] = np.rint(canvas.to_canvas(image, placement))
        boxes[i] = placement.top, placement.left, placement.height, placement.width
        xy = example.xy
        inside = np.all((xy >= 0) & (xy < (placement.image_width, placement.image_height)), axis=1)
        points[i, : len(xy)] = placement.to_canvas(xy)
        weights[i, : len(xy)] = inside
        sigmas[i] = example.sigma * (placement.scale_x + placement.scale_y) / 2
    return Table(dataset, [e.image_id for e in examples], images, boxes, points, weights, sigmas)


def concatenate(tables):
    """One table of several, in order; all of them have soft targets or none."""
    most = max(table.points.shape[1] for table in tables)
    return Table(
        "+".join(table.dataset for table in tables),
        [image_id for table in tables for image_id in table.image_ids],
        np.concatenate([table.images for table in tables]),
        np.concatenate([table.boxes for table in tables]),
        np.concatenate([_widened(table.points, most) for table in tables]),
        np.concatenate([_widened(table.weights, most) for table in tables]),
        np.concatenate([table.sigmas for table in tables]),
        *(
            None if tables[0].soft is None else np.concatenate([getattr(t, name) for t in tables])
            for name in ("soft", "shares")
        ),
    )


def subset(table, indices):
    """The table of these images, in this order."""
    changes = {
        field.name: getattr(table, field.name)[indices]
        for field in dataclasses.fields(table)
        if isinstance(getattr(table, field.name), np.ndarray)
    }
    ids = [table.image_ids[i] for i in indices]
    return dataclasses.replace(table, image_ids=ids, **changes)


def _widened(array, most):
    padding = [(0, 0), (0, most - array.shape[1])] + [(0, 0)] * (array.ndim - 2)
    return np.pad(array, padding)


def fingerprint(table):
    """A hex digest of everything in the table: the data a run was trained on."""
    digest = hashlib.sha256()
    for array in _arrays(table).values():
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()[:16]


def as_tensors(table):
    """The arrays as tensors, put on the host once."""
    with tf.device("CPU"):
        return {name: tf.constant(array) for name, array in _arrays(table).items()}


def _arrays(table):
    names = ("images", "boxes", "points", "weights", "sigmas", "soft", "shares")
    arrays = {name: getattr(table, name) for name in names}
    return {name: array for name, array in arrays.items() if array is not None}
