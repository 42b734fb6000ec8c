"""Public sets are built from the dummy data in their folders, as archives fetched by hand."""

import dataclasses
import hashlib
import pathlib

import numpy as np
import pytest
import tensorflow_datasets as tfds

import data
from data import prepare

_DATA = pathlib.Path(data.__file__).parent


def _with_md5_of(folder, source):
    found = hashlib.md5((folder / source.name).read_bytes()).hexdigest()
    return dataclasses.replace(source, md5=(found,))


@pytest.fixture
def build_dummy(tmp_path, monkeypatch):
    """A function: set, config -> (builder, {split: {image_id: example}}); spots are checked.

    The md5 sums of the real archives are replaced by those of the dummy ones, so the check runs.
    """

    def build(name, config=None):
        folder = _DATA / name / "dummy_data"
        builder_type = prepare.builder_class(name)
        real = builder_type.sources
        monkeypatch.setattr(
            builder_type, "sources", lambda self: [_with_md5_of(folder, s) for s in real(self)]
        )
        builder, path = prepare.prepare(name, tmp_path / "tfds", config, manual_dir=folder)
        restored = tfds.builder_from_directory(path)
        splits = {}
        for split in restored.info.splits:
            examples = tfds.as_numpy(restored.as_dataset(split=split))
            splits[split] = {example["image_id"].decode(): example for example in examples}
            for example in splits[split].values():
                _check_spots(example)
        return builder, splits

    return build


def _check_spots(example):
    """Every fixation lies on a white spot of its image."""
    x, y = example["fixations"]["x"].astype(int), example["fixations"]["y"].astype(int)
    assert np.all(example["image"][y, x].min(axis=-1) > 150), example["image_id"]
