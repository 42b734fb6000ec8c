"""The image sets of a run: what it learns from and validates on, and whether it is all there."""

import numpy as np
from absl import logging

from salnet_tf.images import decode, geometry
from salnet_tf.pipeline import batches, canvases, free_memory, prepared
from salnet_tf.training import soft_targets, storage


def check(config):
    """Refuse a run whose data are not all there, before any of them are read.

    Args:
        config: a `TrainConfig`.

    Raises:
        ValueError: an unknown set or split, no teacher's densities for one, a folder without
            photos; less images in all than an optimiser step takes.
    """
    images = sum(_count(name, "train", config) for name in config.datasets)
    images += sum(len(storage.photos(folder)) for folder in config.unlabelled)
    check_step(min(images, config.images or images), config)
    for name in () if config.calibrate else config.validation:
        _count(name, "validation", config)
    if config.soft_targets:
        for name in (*config.datasets, *config.unlabelled):
            soft_targets.densities_file(config.soft_targets, name)


def check_step(images, config):
    """Refuse less images than an optimiser step takes.

    Args:
        images: how many there are.
        config: a `TrainConfig`.

    Raises:
        ValueError: there are less.
    """
    if images < config.batch_size * config.accumulation:
        raise ValueError(
            f"An optimiser step takes batch_size x accumulation images; there are {images}. "
            f"Received: {config.batch_size} x {config.accumulation}"
        )


def training(config, shard=(0, 1)):
    """One `ImageSet` of all that a run learns from.

    Args:
        config: a `TrainConfig`.
        shard: (index, count) of what this worker reads of each training split.

    Raises:
        ValueError: a set without fixations, or photos that the teacher did not see.
    """
    whole = canvases.concatenate(image_sets(config, shard), config.mixing)
    _check_seen(whole, "train")
    if not config.images:
        return whole
    chosen = np.random.default_rng(config.seed).permutation(len(whole))[: config.images]
    return canvases.subset(whole, chosen)


def validation(config, training_set):
    """{name: batches} of each validation split.

    Args:
        config: a `TrainConfig`.
        training_set: what `training` returned. A run that calibrates sees no other photo.
    """
    if config.select_by == "nss" and not np.any(training_set.weights):
        raise ValueError(
            "NSS is a score of fixations, not for maps; choose by cc, sim or kld. "
            "Received: select_by nss"
        )
    if config.calibrate:
        return {"calibration": batches.evaluation(training_set, config.batch_size)}
    return {
        name: batches.evaluation(_validation_set(config, name), config.batch_size)
        for name in config.validation
    }


def image_sets(config, shard):
    """The image sets of the training splits and of the folders without fixations, a list."""
    size, temperature = config.image_size, config.soft_temperature
    found = [
        canvases.load(
            name, "train", config.data_dir, size, sigma=config.sigma_of(name), shard=shard
        )
        for name in config.datasets
    ]
    if not config.soft_targets:
        return found
    found = [
        soft_targets.soften(
            image_set,
            soft_targets.load(config.soft_targets, image_set.dataset),
            config.soft_share,
            temperature,
        )
        for image_set in found
    ]
    return found + [
        unlabelled(folder, soft_targets.load(config.soft_targets, folder), size, temperature)
        for folder in config.unlabelled
    ]


def unlabelled(folder, targets, canvas_size, temperature=1.0):
    """A folder of photos as an `ImageSet` without fixations: its densities are the teacher's alone.

    Args:
        folder: path of the folder.
        targets: `SoftTargets`; photos the teacher has not seen are left out, and a
            warning says how many.
        canvas_size: (height, width).
        temperature: see `soft_targets.soften`.

    Raises:
        ValueError: a photo is another than the one of this name that the teacher saw.
    """
    there, known = storage.photos(folder), set(targets.image_ids)
    files = {name: read for name, read in there.items() if name in known}
    count = len(files)
    if count < len(there):
        logging.warning(
            "%d of %d photos in %s have no density and are left out (trainers.distill makes them).",
            len(there) - count,
            len(there),
            folder,
        )
    encoded = count * np.prod(canvas_size) * 3 > free_memory.free() / 4  # as `canvases.load` has it
    images = np.empty(count, object) if encoded else np.zeros((count, *canvas_size, 3), np.uint8)
    boxes = np.zeros((count, 4), np.int32)
    digests = np.zeros(count, np.uint32)
    for i, read in enumerate(files.values()):
        data = read()
        digests[i] = decode.digest(data)
        canvas, placed = geometry.image_to_canvas(decode.decode_photo(data), canvas_size)
        boxes[i] = placed.top, placed.left, placed.height, placed.width
        canvas = np.rint(canvas).astype(np.uint8)
        images[i] = canvases.as_file(canvas, boxes[i]) if encoded else canvas
    image_set = canvases.ImageSet(
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
    return soft_targets.soften(image_set, targets, 1.0, temperature)


def _validation_set(config, name):
    sigma = config.sigma_of(name)
    image_set = canvases.load(name, "validation", config.data_dir, config.image_size, sigma=sigma)
    _check_seen(image_set, "validation")
    return image_set


def _check_seen(image_set, split):
    of_densities = image_set.soft is not None and image_set.shares.any()
    if not of_densities and not np.any(image_set.weights):
        raise ValueError(f"No photo has a fixation. Received: {image_set.dataset}, split {split}")


def _count(name, split, config):
    """Images in a set's split, as its description says."""
    return prepared.open_split(name, split, config.data_dir).info.splits[split].num_examples
