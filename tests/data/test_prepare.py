"""Building aside, moving in whole, and loading with no builder code."""

import csv
import os
import pathlib
import socket
import subprocess
import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from data import prepare
from data.fixation_table import fixation_table_dataset_builder

_LOAD = """
import sys
import tensorflow_datasets as tfds
builder = tfds.builder_from_directory(sys.argv[1])
assert "data" not in sys.modules
print(builder.info.metadata["built"]["images"], builder.info.splits["train"].num_examples)
"""


@pytest.fixture
def folder(tmp_path):
    """Two images of 30x20 and three fixations."""
    source = tmp_path / "mine"
    (source / "images").mkdir(parents=True)
    for name in ("a.jpg", "b.jpg"):
        Image.fromarray(np.full((20, 30, 3), 90, np.uint8)).save(source / "images" / name)
    with (source / "fixations.csv").open("w", newline="") as file:
        rows = [("a.jpg", "s1", 0, 3, 4, 200), ("a.jpg", "s2", 0, 29, 19, 150)]
        csv.writer(file).writerows([("image", "observer", "order", "x", "y", "duration_ms"), *rows])
    return source


def _config(source):
    return fixation_table_dataset_builder.TableConfig(name="mine", source=source)


def _tree(path):
    return sorted(str(p.relative_to(path)) for p in path.rglob("*"))


def test_a_prepared_set_loads_without_its_builder(folder, tmp_path):
    _, path = prepare.prepare("fixation_table", tmp_path / "tfds", _config(folder))
    assert path == tmp_path / "tfds" / "fixation_table" / "mine" / "1.0.0"
    command = [sys.executable, "-W", "ignore", "-c", _LOAD, path]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "2"]


def test_examples_come_back_as_they_went_in(folder, tmp_path):
    _, path = prepare.prepare("fixation_table", tmp_path / "tfds", _config(folder))
    examples = tfds.as_numpy(tfds.builder_from_directory(path).as_dataset(split="train"))
    by_id = {example["image_id"].decode(): example for example in examples}
    fixations = by_id["a.jpg"]["fixations"]
    assert {key: value.tolist() for key, value in fixations.items()} == {
        "x": [3, 29], "y": [4, 19], "observer": [0, 1], "order": [0, 0], "duration": [200, 150],
    }  # fmt: skip
    assert by_id["a.jpg"]["sigma"] == np.float32(0.9)
    assert len(by_id["b.jpg"]["fixations"]["x"]) == 0


def test_a_failed_build_leaves_nothing(folder, tmp_path):
    (folder / "images" / "c.jpg").write_bytes(b"damaged")
    with pytest.raises(ValueError, match=r"1 images do not decode .*c\.jpg"):
        prepare.prepare("fixation_table", tmp_path / "tfds", _config(folder))
    assert _tree(tmp_path / "tfds") == []


def test_bad_images_can_be_left_out_and_are_listed(folder, tmp_path):
    (folder / "images" / "c.jpg").write_bytes(b"damaged")
    builder, path = prepare.prepare(
        "fixation_table", tmp_path / "tfds", _config(folder), bad_images="skip"
    )
    assert builder.info.metadata["built"]["images"] == 2
    assert "image does not decode,c.jpg" in (path / "dropped.csv").read_text()


def test_a_set_is_replaced_only_when_asked_and_only_by_a_complete_one(folder, tmp_path):
    data_dir = tmp_path / "tfds"
    _, path = prepare.prepare("fixation_table", data_dir, _config(folder))
    before = _tree(data_dir)
    with pytest.raises(FileExistsError, match="--overwrite"):
        prepare.prepare("fixation_table", data_dir, _config(folder))
    (folder / "images" / "b.jpg").write_bytes(b"")
    with pytest.raises(ValueError, match=r"b\.jpg"):
        prepare.prepare("fixation_table", data_dir, _config(folder), overwrite=True)
    assert _tree(data_dir) == before
    (folder / "images" / "b.jpg").unlink()
    prepare.prepare("fixation_table", data_dir, _config(folder), overwrite=True)
    assert tfds.builder_from_directory(path).info.splits["train"].num_examples == 1
    assert _tree(data_dir) == before


def test_a_set_that_cannot_be_replaced_stays(folder, tmp_path, monkeypatch):
    data_dir = tmp_path / "tfds"
    _, path = prepare.prepare("fixation_table", data_dir, _config(folder))
    before = _tree(data_dir)
    rename = pathlib.Path.rename

    def full(self, target):
        if target == path and self.name != "replaced":
            raise OSError("no space left")
        return rename(self, target)

    monkeypatch.setattr(pathlib.Path, "rename", full)
    with pytest.raises(OSError, match="no space left"):
        prepare.prepare("fixation_table", data_dir, _config(folder), overwrite=True)
    assert _tree(data_dir) == before


@pytest.mark.parametrize(
    ("name", "config", "message"),
    [
        ("nosuch", None, "dataset must be one of .*synthetic.* Received: nosuch"),
        ("synthetic", "big", "Received: synthetic/big"),
    ],
)
def test_unknown_names_are_refused(tmp_path, name, config, message):
    with pytest.raises(ValueError, match=message):
        prepare.prepare(name, tmp_path, config)


def test_what_a_killed_build_left_is_removed_by_the_next(folder, tmp_path):
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    left = tmp_path / "tfds" / f".partial_{socket.gethostname()}_{killed.pid}_ab" / "deep"
    left.mkdir(parents=True)
    prepare.prepare("fixation_table", tmp_path / "tfds", _config(folder))
    assert os.listdir(tmp_path / "tfds") == ["fixation_table"]
