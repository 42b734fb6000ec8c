"""What a run is going to read, looked for before any of it is read."""

from salnet_tf.pipeline import reader
from salnet_tf.training import distillation


def check(config):
    """Refuse a run whose data are not all there.

    Args:
        config: a `TrainConfig`.

    Raises:
        ValueError: an unknown set or split, no teacher's densities for one, a folder without
            photos.
    """
    wanted = [(name, "train") for name in config.datasets]
    if not config.calibrate:
        wanted += [(name, "validation") for name in config.validation]
    for name, split in wanted:
        reader.open_split(name, split, config.data_dir)
    for folder in config.unlabelled:
        distillation.photos(folder)
    if config.soft_targets:
        for name in (*config.datasets, *config.unlabelled):
            distillation.densities_file(config.soft_targets, name)
