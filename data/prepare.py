"""Builds a set aside and moves it into place whole: a build that fails leaves nothing behind."""

import contextlib
import importlib
import pathlib

import tensorflow as tf
import tensorflow_datasets as tfds

from salnet_tf import files


def names():
    """The data sets that can be built: the folders of `data/` that hold a builder."""
    here = pathlib.Path(__file__).parent
    return sorted(path.parent.name for path in here.glob("*/*_dataset_builder.py"))


def builder_class(name):
    """The `Builder` of the folder `data/<name>`."""
    if name not in names():
        raise ValueError(f"dataset must be one of {', '.join(names())}. Received: {name}")
    return importlib.import_module(f"data.{name}.{name}_dataset_builder").Builder


def prepare(name, data_dir, config=None, *, manual_dir=None, overwrite=False, bad_images="stop"):
    """Build one data set.

    Args:
        name: a folder of `data/`.
        data_dir: where prepared sets live.
        config: name of one of the builder's configs, or a `tfds.core.BuilderConfig`.
        manual_dir: where archives lie that must be fetched by hand.
        overwrite: replace a prepared set; the old one stays until the new one is complete.
        bad_images: "stop" or "skip" when images do not decode.

    Returns:
        builder: the builder; its `info` tells splits and counts, its `dropped` what was left out.
        path: the prepared set.

    Raises:
        FileExistsError: it is prepared already, and `overwrite` is not set.
        ValueError, OSError: as the builder says; `data_dir` is as it was.
    """
    builder_type = builder_class(name)
    _check_config(builder_type, name, config)
    data_dir = pathlib.Path(data_dir)
    files.remove_abandoned(data_dir)
    with _folder(data_dir), files.scratch_folder(data_dir) as aside:
        builder = builder_type(data_dir=aside, config=config, bad_images=bad_images)
        path = data_dir / builder.data_path.relative_to(aside)
        if path.exists() and not overwrite:
            raise FileExistsError(f"Prepared already (--overwrite replaces it). Received: {path}")
        downloads = data_dir / "downloads" if builder.sources() else pathlib.Path(aside)
        try:
            builder.download_and_prepare(
                download_dir=downloads,
                download_config=tfds.download.DownloadConfig(manual_dir=manual_dir),
            )
        except tf.errors.OpError as error:
            raise OSError(f"{data_dir} cannot be written to: {error.message}") from error
        finally:
            for folder in (*sorted(downloads.rglob("*/"), reverse=True), downloads):
                with contextlib.suppress(OSError):  # TFDS makes folders in any case
                    folder.rmdir()
        if not builder.HAS_MAPS and not builder.info.metadata["built"]["fixations"]:
            raise ValueError(
                f"No fixation is left of {name}, so nothing is prepared; dropped: "
                f"{builder.dropped}. Received: {builder.info.metadata['built']['images']} images"
            )
        _move(pathlib.Path(builder.data_dir), path)
    return builder, path


@contextlib.contextmanager
def _folder(path):
    """Makes a folder; of what was made nothing stays where the block fails and left it empty."""
    made = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _check_config(builder_type, name, config):
    if isinstance(config, str) and config not in builder_type.builder_configs:
        known = ", ".join(builder_type.builder_configs) or "no config"
        raise ValueError(f"{name} has {known}. Received: {name}/{config}")


def _move(source, target):
    """Put `source` in place of `target`; where that fails, `target` is as it was."""
    target.parent.mkdir(parents=True, exist_ok=True)
    old = source.parent / "replaced"
    if target.exists():
        target.rename(old)
    try:
        source.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
