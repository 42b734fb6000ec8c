"""Batches of (image, density, fixations, mask, valid) from image sets.

The order of training is a function of (seed, epoch) and every augmentation of (seed, epoch, image),
so to resume is to start the stream at a later step.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from salnet_tf.objectives import maps
from salnet_tf.pipeline import augment, canvas, canvases, clustering, crop, order

_WHOLE = order.Share()


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """What training does to its photos and their fixations.

    `mirror` half of them or not; `photometric` strength, 0 for none; up to the share `crop` of the
    sides is cut away; with `clusters`, the batch has a map `sparse` of so many clusters at most of
    `cluster_radius` canvas pixels, for the sparse-fixation loss.
    """

    mirror: bool = True
    photometric: float = 1.0
    crop: float = 0.0
    clusters: int = 0
    cluster_radius: float = 20.0


def training(image_set, epochs, augmentation, start_step=0, share=_WHOLE):
    """The stream of training batches from `start_step` to the end.

    A global batch is the same images however many workers and replicas share it: worker `i` of `n`
    takes the i-th n-th of it, and its replicas take turns.

    Args:
        image_set: an `ImageSet`.
        epochs: an `order.Epochs`.
        augmentation: an `Augmentation`.
        start_step: global batches to leave out at the beginning.
        share: the `order.Share` of this worker.

    Returns:
        A `tf.data.Dataset` of dicts: image `[b, h, w, 3]` 0..255, density, fixations, mask
        `[b, h, w, 1]`, valid `[b]`, all float32; set `[b]` int32, the number of the image's set;
        all of static shape.

    Raises:
        ValueError: the image set holds less than one step, or replicas do not divide the batch.
    """
    batch_size = share.batch_size(epochs.batch_size)
    visits = order.visits(image_set, epochs, share, start_step)
    example = _augmented(image_set, augmentation, [epochs.seed, share.shard or 0])
    return _batched(tf.data.Dataset.from_tensor_slices(visits), example, batch_size)


def evaluation(image_set, batch_size):
    """The image set's batches in order; the last one filled with images whose `valid` is 0."""
    count = len(image_set)
    filled = -(-count // batch_size) * batch_size
    index = np.arange(filled)
    tensors = canvases.as_tensors(image_set)

    def example(index, real):
        made = _rasterised(tensors, index, image_set.canvas_size)
        return {**made, "valid": made["valid"] * real}

    indices = tf.data.Dataset.from_tensor_slices(
        (index % count, (index < count).astype(np.float32))
    )
    return _batched(indices, example, batch_size)


def _augmented(image_set, augmentation, seed):
    """A function (index of an image, epoch) -> one training example, of seed, epoch and image."""
    tensors, size = canvases.as_tensors(image_set), image_set.canvas_size

    def example(index, epoch):
        seed_of_image = tf.random.fold_in(tf.random.fold_in(seed, epoch), index)
        seeds = tf.random.split(seed_of_image, 2)
        kept = None
        if augmentation.crop:
            seed_of_crop = tf.random.fold_in(seed_of_image, 2)
            kept = crop.window(tensors["boxes"][index], seed_of_crop, augmentation.crop)
        made = _rasterised(tensors, index, size, kept, augmentation)
        if augmentation.photometric:
            made = augment.photometric(made, seeds[0], augmentation.photometric)
        return augment.mirror(made, seeds[1]) if augmentation.mirror else made

    return example


def _batched(elements, example, batch_size):
    """Batches of what `example`, whose branches are all Python's, makes of each element."""
    options = tf.data.Options()
    options.deterministic = True
    # Images are made side by side already; the threads within an operation stay the step's.
    options.threading.max_intra_op_parallelism = 1
    # TensorFlow's rewriting of a pipeline copies the arrays it reads (docs/training.md), and saves
    # no more than 0.1 of an image's 2.4 ms.
    options.experimental_optimization.apply_default_optimizations = False
    example = tf.autograph.experimental.do_not_convert(example)
    return (
        elements.map(example, tf.data.AUTOTUNE)
        .batch(batch_size, drop_remainder=True)
        .prefetch(tf.data.AUTOTUNE)
        .with_options(options)
    )


def _rasterised(tensors, index, size, kept=None, augmentation=None):
    """One image of the image set with its maps, all `[height, width, channels]`.

    Args:
        tensors: of `canvases.as_tensors`.
        index: of the image.
        size: (height, width) of the canvas.
        kept: the `crop.window` to keep, or None.
        augmentation: an `Augmentation`, for its clusters, or None.
    """
    height, width = size
    box = tensors["boxes"][index]
    image = _canvas(tensors["images"][index], box, size)
    points, weights = tensors["points"][index], tensors["weights"][index]
    sigma = tensors["sigmas"][index]
    if kept is not None:
        image = crop.pixels(image, box, kept)
        points, weights, sigma = crop.points(points, weights, sigma, box, kept)
    mask = _box_mask(box, height, width)
    density = maps.density_of_points(points, weights, size, sigma)[..., None]
    density = density * mask
    density = tf.math.divide_no_nan(density, tf.reduce_sum(density))
    labels = tf.reduce_sum(weights)
    if "soft" in tensors:
        soft = _soft_density(canvases.from_half(tensors["soft"][index]), box, size)
        if kept is not None:
            soft = crop.pixels(soft, box, kept)
            soft = tf.math.divide_no_nan(soft, tf.reduce_sum(soft))
        share = tensors["shares"][index]
        # A photo that nobody looked at, or not within the crop, has the teacher alone.
        share = tf.where((share > 0) & (labels == 0), 1.0, share)
        density, labels = share * soft + (1 - share) * density, labels + share
    made = {
        "image": image,
        "density": density,
        "fixations": _counts(points, weights, height, width),
        "mask": mask,
        "valid": tf.cast(labels > 0, tf.float32),
        "set": tensors["sets"][index],
    }
    if augmentation and augmentation.clusters:
        centres, masses = clustering.cluster(
            points, weights, augmentation.clusters, augmentation.cluster_radius
        )
        made["sparse"] = _counts(centres, masses, height, width)
    return made


def _canvas(image, box, size):
    """A stored canvas, or a stored file laid on one, `[height, width, 3]` float32."""
    if image.dtype == tf.string:
        resized = canvas.resize(canvas.decode(image), box[2], box[3])
        image = tf.round(canvas.lay(resized, box, size))
    return tf.cast(image, tf.float32)


def _box_mask(box, height, width):
    top, left, box_height, box_width = tf.unstack(box)
    y, x = tf.range(height)[:, None, None], tf.range(width)[None, :, None]
    inside = (y >= top) & (y < top + box_height) & (x >= left) & (x < left + box_width)
    return tf.cast(inside, tf.float32)


def _soft_density(log_density, box, size):
    """A teacher's log-density over the image -> a density over the canvas `[height, width, 1]`."""
    resized = tf.image.resize(log_density[..., None], box[2:], method="bilinear")
    density = tf.exp(resized - tf.reduce_logsumexp(resized))
    density = tf.image.pad_to_bounding_box(density, box[0], box[1], *size)
    return tf.ensure_shape(density, (*size, 1))


def _counts(points, weights, height, width):
    """Fixations per pixel, `[height, width, 1]`: a point belongs to the pixel that holds it."""
    x = tf.clip_by_value(tf.cast(tf.floor(points[:, 0]), tf.int32), 0, width - 1)
    y = tf.clip_by_value(tf.cast(tf.floor(points[:, 1]), tf.int32), 0, height - 1)
    counts = tf.math.unsorted_segment_sum(weights, y * width + x, height * width)
    return tf.reshape(counts, (height, width, 1))
