"""A random crop of an image, scaled back to fill the image's box on the canvas.

A slight crop leaves gaze where it was (Che et al. 2020, arXiv:1905.06803). Fixations outside it are
dropped, and the density of those inside is made anew and sums to 1.
"""

import tensorflow as tf

from salnet_tf.pipeline import canvas


def window(box, seed, largest):
    """Choose what is kept of a box.

    Args:
        box: `[4]` int32: top, left, height, width of the image on its canvas.
        seed: `[2]` int32.
        largest: up to this share of either side is cut away, 0..1; one share for both.

    Returns:
        `[4]` int32: top, left, height, width on the canvas, inside the box, at least 1x1.
    """
    shares = tf.random.stateless_uniform([3], seed)
    keep = 1.0 - largest * shares[0]
    size = tf.maximum(1, tf.cast(tf.round(keep * tf.cast(box[2:], tf.float32)), tf.int32))
    room = tf.cast(box[2:] - size + 1, tf.float32)
    offset = tf.minimum(tf.cast(tf.floor(shares[1:] * room), tf.int32), box[2:] - size)
    return tf.concat([box[:2] + offset, size], axis=0)


def points(xy, weights, sigma, box, kept):
    """Fixations as they lie on the scaled crop.

    Args:
        xy: `[n, 2]` x, y on the canvas.
        weights: `[n]`.
        sigma: of the ground truth, canvas pixels.
        box, kept: as `window` takes and gives.

    Returns:
        xy, weights (0 for what lies outside the crop), sigma.
    """
    box, kept = tf.cast(box, tf.float32), tf.cast(kept, tf.float32)
    scale = (box[2:] / kept[2:])[::-1]  # x, y
    inside = tf.reduce_all((xy >= kept[1::-1]) & (xy < (kept[:2] + kept[2:])[::-1]), axis=1)
    moved = (xy - kept[1::-1]) * scale + box[1::-1]
    return moved, tf.where(inside, weights, 0.0), sigma * tf.reduce_mean(scale)


def pixels(image, box, kept):
    """The crop of a canvas `[height, width, channels]`, scaled back into the box; padding 0."""
    size = image.shape
    part = tf.slice(image, [kept[0], kept[1], 0], [kept[2], kept[3], size[2]])
    resized = canvas.resize(part, box[2], box[3])
    return canvas.lay(resized, box, size[:2])
