"""A teacher's features over a photo, laid on the cells of a canvas like the photo itself."""

import tensorflow as tf


def lay(hints, box, kept, size, cells):
    """Features at the middle of every cell of a canvas.

    Args:
        hints: `[rows, columns, channels]` float32 over the photo from edge to edge.
        box: `[4]` int32: top, left, height, width of the photo on its canvas.
        kept: the `crop.window` that fills the box, or None for all of the photo.
        size: (height, width) of the canvas.
        cells: (height, width) of the result.

    Returns:
        `[*cells, channels]` float32, bilinear, and `[*cells, 1]`, 1 where the middle of a cell lies
        in the box; there is no feature elsewhere.
    """
    box = tf.cast(box, tf.float32)
    kept = box if kept is None else tf.cast(kept, tf.float32)
    weights, inside = [], []
    for axis in range(2):
        middle = (tf.range(cells[axis], dtype=tf.float32) + 0.5) * (size[axis] / cells[axis])
        place = (middle - box[axis]) / box[axis + 2]  # 0..1 in the box
        inside.append((place >= 0) & (place < 1))
        place = (kept[axis] + place * kept[axis + 2] - box[axis]) / box[axis + 2]
        count = hints.shape[axis]
        row = tf.clip_by_value(place * count - 0.5, 0.0, count - 1.0)
        distance = tf.abs(row[:, None] - tf.range(count, dtype=tf.float32))
        weights.append(tf.maximum(0.0, 1.0 - distance))
    laid = tf.einsum("ir,rcf->icf", weights[0], hints)
    laid = tf.einsum("jc,icf->ijf", weights[1], laid)
    mask = inside[0][:, None] & inside[1]
    return laid, tf.cast(mask, tf.float32)[..., None]
