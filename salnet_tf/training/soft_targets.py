"""Soft targets: a teacher is run once over photos, its densities are kept, a student learns them.

Soft targets as in knowledge distillation (Hinton et al., arXiv:1503.02531): the density a student
is trained towards is `share * teacher + (1 - share) * fixations`, and a photo that nobody looked at
has the teacher alone. A mirrored photo has the mirrored density, so one map per photo is kept.
"""

import dataclasses

import cv2
import numpy as np
import tensorflow as tf

from salnet_tf import files
from salnet_tf.pipeline import canvases

GRID = canvases.GRID


@dataclasses.dataclass(frozen=True)
class SoftTargets:
    """Log-densities of a teacher, by photo.

    Args:
        image_ids: list of n.
        log_densities: `[n, 60, 80]` float16: natural logarithm of a density over the cells of a
            grid that covers the photo (not its canvas) from edge to edge.
        digests: `[n]` uint32, `images.decode.digest` of each.
    """

    image_ids: list
    log_densities: np.ndarray
    digests: np.ndarray

    def of(self, image_ids):
        """The log-densities of these photos, `[m, 60, 80]`.

        Raises:
            ValueError: the teacher was not run on one of them.
        """
        rows = {image_id: row for row, image_id in enumerate(self.image_ids)}
        missing = [image_id for image_id in image_ids if image_id not in rows]
        if missing:
            raise ValueError(
                f"The teacher's densities lack {len(missing)} of {len(image_ids)} photos. "
                f"Received: {missing[0]!r}"
            )
        return self.log_densities[[rows[image_id] for image_id in image_ids]]


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
    files.write_arrays(
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
    arrays = files.read_arrays(path)
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


def soften(image_set, targets, share, temperature=1.0):
    """An `ImageSet` whose density is mixed with the teacher's.

    Args:
        image_set: an `ImageSet` with fixations, or with saliency maps.
        targets: `SoftTargets` with all its photos.
        share: 0..1, weight of the teacher.
        temperature: above 1 flattens the teacher's density, below 1 sharpens it.

    Raises:
        ValueError: the teacher was not run on one of the photos, or on another of its name.
    """
    _check_same_photos(image_set, targets)
    soft = (targets.of(image_set.image_ids) / np.float16(temperature)).astype(np.float16)
    if image_set.soft is not None:
        soft = _mixed(soft, image_set.soft, share)
        return dataclasses.replace(image_set, soft=soft)
    shares = np.full(len(image_set), share, np.float32)
    return dataclasses.replace(image_set, soft=soft, shares=shares)


def _mixed(teacher, truth, share):
    """Log-densities `[n, *GRID]` of the mix of two densities, given by their log-densities."""

    def density(logs):
        scaled = np.exp(logs - logs.max(axis=(1, 2), keepdims=True).astype(np.float64))
        return scaled / scaled.sum(axis=(1, 2), keepdims=True)

    return np.log(share * density(teacher) + (1 - share) * density(truth)).astype(np.float16)


def _check_same_photos(image_set, targets):
    """Refuse a photo that is another than the one of its name that the teacher saw."""
    if image_set.digests is None:
        return
    known = dict(zip(targets.image_ids, targets.digests, strict=True))
    for image_id, digest in zip(image_set.image_ids, image_set.digests, strict=True):
        if known.get(image_id) not in (None, digest):
            raise ValueError(
                f"The teacher saw another photo of this name; run trainers.distill again. "
                f"Received: {image_set.dataset}/{image_id}"
            )
