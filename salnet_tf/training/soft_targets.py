"""Soft targets: a teacher is run once over photos, its densities are kept, a student learns them.

Soft targets as in knowledge distillation (Hinton et al., arXiv:1503.02531): the density a student
is trained towards is `share * teacher + (1 - share) * fixations`, and a photo that nobody looked at
has the teacher alone. A mirrored photo has the mirrored density, so one map per photo is kept.
"""

import dataclasses

import cv2
import numpy as np
import tensorflow as tf
from absl import logging

from salnet_tf.images import decode, geometry
from salnet_tf.pipeline import canvases as table_lib
from salnet_tf.pipeline import free_memory
from salnet_tf.training import stored

# Cells of a kept density: the teacher's logits have 48x64, a sigma spans 2.4 of these columns.
GRID = (60, 80)


@dataclasses.dataclass(frozen=True)
class SoftTargets:
    """Log-densities of a teacher, by photo.

    Args:
        image_ids: list of n.
        log_densities: `[n, 60, 80]` float16: natural logarithm of a density over the cells of a
            grid that covers the photo (not its canvas) from edge to edge.
        digests: `[n]` uint32, `photo.digest` of each.
    """

    image_ids: list
    log_densities: np.ndarray
    digests: np.ndarray

    def of(self, image_ids):
        """The log-densities of these photos, `[m, 60, 80]`.

        Raises:
            ValueError: the teacher was not run on one of them.
        """
        return self.log_densities[rows_of(image_ids, self.image_ids, "densities")]


def check_same_photos(table, known):
    """Refuse a photo that is another than the one of its name that the teacher saw.

    Args:
        table: a `Table`; one without digests passes.
        known: {photo: digest of the file that the teacher saw, None where it is not known}.

    Raises:
        ValueError: there is one.
    """
    if table.digests is None:
        return
    for image_id, digest in zip(table.image_ids, table.digests, strict=True):
        if known.get(image_id) not in (None, digest):
            raise ValueError(
                f"The teacher saw another photo of this name; run trainers.distill again. "
                f"Received: {table.dataset}/{image_id}"
            )


def rows_of(image_ids, known, what):
    """The places of photos among those that a teacher was run on.

    Args:
        image_ids: list of m.
        known: the teacher's, list of n.
        what: it gave, for the message.

    Raises:
        ValueError: the teacher was not run on one of them.
    """
    rows = {image_id: row for row, image_id in enumerate(known)}
    missing = [image_id for image_id in image_ids if image_id not in rows]
    if missing:
        raise ValueError(
            f"The teacher's {what} lack {len(missing)} of {len(image_ids)} photos. "
            f"Received: {missing[0]!r}"
        )
    return [rows[image_id] for image_id in image_ids]


def photo_grid(logits, placement):
    """Canvas logits -> log-density over the photo's own grid.

    Args:
        logits: `[rows, columns]` over the canvas of `placement`, at any stride.
        placement: the photo's `geometry.Placement`.

    Returns:
        `[60, 80]` float16, logarithm of a density that sums to 1 over the grid.
    """
    rows, columns = logits.shape
    y = placement.top + (np.arange(GRID[0]) + 0.5) / GRID[0] * placement.height
    x = placement.left + (np.arange(GRID[1]) + 0.5) / GRID[1] * placement.width
    x, y = np.meshgrid(
        x * columns / placement.canvas_width - 0.5, y * rows / placement.canvas_height - 0.5
    )
    sampled = cv2.remap(
        np.asarray(logits, np.float32),
        x.astype(np.float32),
        y.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    ).astype(np.float64)
    sampled -= sampled.max()
    return (sampled - np.log(np.exp(sampled).sum())).astype(np.float16)


def save(path, targets):
    """Write `SoftTargets` as one `.npz` (any path `tf.io.gfile` writes)."""
    stored.write_arrays(
        path,
        image_ids=np.array(targets.image_ids),
        log_densities=targets.log_densities,
        digests=targets.digests,
    )


def load(folder, name):
    """The `SoftTargets` of a prepared set, or of a folder of photos, from a folder of densities.

    Args:
        folder: where `python -m trainers.distill` wrote them.
        name: the set's full name, or the photos' folder.

    Raises:
        ValueError: there are none for this set, or numbers among them that are not finite.
    """
    path = densities_file(folder, name)
    arrays = stored.read_arrays(path)
    if not np.isfinite(arrays["log_densities"]).all():
        raise ValueError(f"The teacher's densities must be finite. Received: {path}")
    return SoftTargets(arrays["image_ids"].tolist(), arrays["log_densities"], arrays["digests"])


def densities_file(folder, name):
    """The path that `load` reads.

    Raises:
        ValueError: nothing is there.
    """
    path = tf.io.gfile.join(folder, file_name(name))
    if not tf.io.gfile.exists(path):
        raise ValueError(
            f"No teacher densities for {name} (`python -m trainers.distill` makes them). "
            f"Received: {path}"
        )
    return path


def file_name(name):
    """`fixation_table/osie` -> `fixation_table-osie.npz`; a folder by its last two parts."""
    return "-".join(part for part in str(name).rstrip("/").split("/")[-2:] if part) + ".npz"


def training_tables(config, shard=(0, 1)):
    """The tables of a `TrainConfig`: its training splits, softened, and its unlabelled folders.

    Args:
        config: a `TrainConfig`.
        shard: (index, count) of what this worker reads of each training split.
    """
    size, temperature = config.image_size, config.soft_temperature
    tables = [
        table_lib.load(
            name, "train", config.data_dir, size, sigma=config.sigma_of(name), shard=shard
        )
        for name in config.datasets
    ]
    if not config.soft_targets:
        return tables
    tables = [
        soften(table, load(config.soft_targets, table.dataset), config.soft_share, temperature)
        for table in tables
    ]
    return tables + [
        unlabelled_table(folder, load(config.soft_targets, folder), size, temperature)
        for folder in config.unlabelled
    ]


def soften(table, targets, share, temperature=1.0):
    """A `Table` whose density is mixed with the teacher's.

    Args:
        table: a `Table` with fixations.
        targets: `SoftTargets` with all its photos.
        share: 0..1, weight of the teacher.
        temperature: above 1 flattens the teacher's density, below 1 sharpens it.

    Raises:
        ValueError: the teacher was not run on one of the photos, or on another of its name.
    """
    check_same_photos(table, dict(zip(targets.image_ids, targets.digests, strict=True)))
    soft = (targets.of(table.image_ids) / np.float16(temperature)).astype(np.float16)
    shares = np.full(len(table), share, np.float32)
    return dataclasses.replace(table, soft=soft, shares=shares)


def unlabelled_table(folder, targets, canvas_size, temperature=1.0):
    """A folder of photos as a `Table` without fixations: its densities are the teacher's alone.

    Args:
        folder: path of the folder.
        targets: `SoftTargets`; photos the teacher has not seen are left out, and a
            warning says how many.
        canvas_size: (height, width).
        temperature: see `soften`.

    Raises:
        ValueError: a photo is another than the one of this name that the teacher saw.
    """
    there, known = stored.photos(folder), set(targets.image_ids)
    files = {name: read for name, read in there.items() if name in known}
    count = len(files)
    if count < len(there):
        logging.warning(
            "%d of %d photos in %s have no density and are left out (trainers.distill makes them).",
            len(there) - count,
            len(there),
            folder,
        )
    encoded = count * np.prod(canvas_size) * 3 > free_memory.free() / 4  # as `table.load` has it
    images = np.empty(count, object) if encoded else np.zeros((count, *canvas_size, 3), np.uint8)
    boxes = np.zeros((count, 4), np.int32)
    digests = np.zeros(count, np.uint32)
    for i, read in enumerate(files.values()):
        data = read()
        digests[i] = decode.digest(data)
        canvas, placed = geometry.image_to_canvas(decode.decode_photo(data), canvas_size)
        boxes[i] = placed.top, placed.left, placed.height, placed.width
        canvas = np.rint(canvas).astype(np.uint8)
        images[i] = table_lib.as_file(canvas, boxes[i]) if encoded else canvas
    table = table_lib.Table(
        str(folder),
        list(files),
        images,
        boxes,
        points=np.zeros((count, 1, 2), np.float32),
        weights=np.zeros((count, 1), np.float32),
        sigmas=np.ones(count, np.float32),
        canvas_size=tuple(canvas_size),
        digests=digests,
    )
    return soften(table, targets, 1.0, temperature)
