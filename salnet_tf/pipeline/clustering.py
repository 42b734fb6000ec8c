"""Many fixations -> a few points, for the sparse-fixation loss (`objectives.losses.Sparse`)."""

import tensorflow as tf


def cluster(points, weights, count, radius):
    """The `count` heaviest clusters of an image's fixations, heaviest first.

    Greedy and deterministic: the fixation with most others within `radius` takes them as its
    cluster (the first such fixation on a tie), and so on with those that are left.

    Args:
        points: `[..., n, 2]` fixations (x, y) in pixels.
        weights: `[..., n]`, 1 for a fixation and 0 for one that only fills the shape.
        count: clusters wanted, at least 1.
        radius: of a cluster, pixels of the same canvas.

    Returns:
        centres: `[..., count, 2]` mean of each cluster's fixations.
        masses: `[..., count]` fixations in each, 0 for the clusters that an image does not have.
    """
    points, weights = tf.cast(points, tf.float32), tf.cast(weights, tf.float32)
    offsets = points[..., :, None, :] - points[..., None, :, :]
    near = tf.cast(tf.reduce_sum(offsets**2, axis=-1) <= radius**2, tf.float32)
    left, centres, masses = weights, [], []
    for _ in range(count):
        support = tf.linalg.matvec(near, left) * left
        best = tf.one_hot(tf.argmax(support, axis=-1), tf.shape(points)[-2])
        members = tf.linalg.matvec(near, best) * left
        mass = tf.reduce_sum(members, axis=-1)
        total = tf.linalg.matvec(points, members, transpose_a=True)
        centres.append(tf.math.divide_no_nan(total, mass[..., None]))
        masses.append(mass)
        left = left - members
    return tf.stack(centres, axis=-2), tf.stack(masses, axis=-1)
