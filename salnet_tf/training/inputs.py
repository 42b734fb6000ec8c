"""What a run is going to read, looked for before any of it is read."""

from salnet_tf.pipeline import prepared
from salnet_tf.training import hints, soft_targets, stored


def check(config):
    """Refuse a run whose data are not all there.

    Args:
        config: a `TrainConfig`.

    Raises:
        ValueError: an unknown set or split, no teacher's densities for one, a folder without
            photos; less images in all than an optimiser step takes.
    """
    images = sum(_count(name, "train", config) for name in config.datasets)
    images += sum(len(stored.photos(folder)) for folder in config.unlabelled)
    check_step(min(images, config.images or images), config)
    for name in () if config.calibrate else config.validation:
        _count(name, "validation", config)
    if config.soft_targets:
        for name in (*config.datasets, *config.unlabelled):
            soft_targets.densities_file(config.soft_targets, name)
            if config.hint_weight:
                hints.Store(config.soft_targets).files(name)


def _count(name, split, config):
    """Images in a set's split, as its description says."""
    return prepared.open_split(name, split, config.data_dir).info.splits[split].num_examples


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
