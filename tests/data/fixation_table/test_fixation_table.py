"""A folder of one's own becomes records; what is left out is named, and too much is refused."""

import os

import numpy as np
import pytest
from PIL import Image

from data import drop_report, prepare
from data.fixation_table import fixation_table_dataset_builder as builder
from salnet_tf.fixations import reading as reading_lib


@pytest.fixture
def folder(tmp_path):
    """Two images of 30x20 and two fixations of each."""
    (tmp_path / "images").mkdir()
    for name in ("a.jpg", "b.jpg"):
        Image.fromarray(np.full((20, 30, 3), 90, np.uint8)).save(tmp_path / "images" / name)
    _write(tmp_path, ["a.jpg,3,4", "a.jpg,29,19", "b.jpg,10,11", "b.jpg,12,11"])
    return tmp_path


def _write(folder, rows, name="fixations.csv", header="image,x,y"):
    (folder / name).write_text("\n".join([header, *rows, ""]))


def _records(folder):
    dropped = drop_report.DropReport()
    splits, _ = builder.records(folder, reading_lib.Reading(), dropped)
    return {split: [r.image_id for r in records] for split, records in splits.items()}, dropped


def _prepare(folder, where, **reading):
    how = reading_lib.Reading(**reading)
    config = builder.TableConfig(name="own", source=folder, reading=how)
    return prepare.prepare("fixation_table", where, config)


def test_splits_are_those_of_the_file_and_the_rest_is_named(folder):
    _write(folder, ["b.jpg,val", "c.jpg,val"], "splits.csv", "image,split")
    (folder / "images" / "c.heic").touch()
    os.mkfifo(folder / "images" / "pipe.jpg")
    (folder / "images" / "notes.txt").touch()
    splits, dropped = _records(folder)
    assert splits == {"val": ["b.jpg"]}
    assert dropped.counts() == {
        drop_report.UNREAD: {"images": 2, "fixations": 0},
        drop_report.NO_IMAGE: {"images": 1, "fixations": 0},
        drop_report.NO_SPLIT: {"images": 1, "fixations": 2},
    }


def test_rows_of_images_that_are_not_there_are_listed(folder):
    _write(folder, ["a.jpg,3,4", "c.jpg,1,1"])
    splits, dropped = _records(folder)
    assert splits == {"train": ["a.jpg", "b.jpg"]}
    assert dropped.counts() == {drop_report.NO_IMAGE: {"images": 1, "fixations": 1}}


def test_two_images_of_one_name_are_refused(folder):
    (folder / "images" / "more").mkdir()
    (folder / "images" / "more" / "a.jpg").write_bytes((folder / "images" / "a.jpg").read_bytes())
    with pytest.raises(ValueError, match=r"Two images have one name in .* Received: a\.jpg"):
        _records(folder)


def test_missing_parts_of_the_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="folder of images"):
        _records(tmp_path)
    (tmp_path / "images").mkdir()
    with pytest.raises(FileNotFoundError, match="no image"):
        _records(tmp_path)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["a.jpg,130,4", "a.jpg,150,19"], r"2 of 2 .*outside the image: 2, as a.jpg at 130,4, .*"
         r"--offset=125,2.*--max_loss.* Received: 100%, allowed 10%"),
        (["a.jpg,3,4", "c.jpg,1,1"], r"no such image: 1, as c.jpg at 1,1.* images like a.jpg"),
        (["a.jpg,x,4", "a.jpg,1,4"], r"coordinate not a number: 1, as a.jpg at nan,4"),
        (["a.jpg,3,-4", "a.jpg,9,-14"], r"do they grow upwards \(--y_up\)"),
    ],
)  # fmt: skip
def test_a_loss_is_refused_with_its_likely_cause(folder, tmp_path, rows, message):
    _write(folder, rows)
    with pytest.raises(ValueError, match=message):
        _prepare(folder, tmp_path / "tfds")
    assert not (tmp_path / "tfds").exists()


def test_a_loss_that_is_allowed_and_the_picture_of_the_first_images(folder, tmp_path):
    _write(folder, ["a.jpg,3,4", "a.jpg,150,19", "b.jpg,3,4"])
    _, path = _prepare(folder, tmp_path / "tfds", max_loss=0.5)
    picture = np.asarray(Image.open(path / "first_images.png").convert("RGB")).astype(int)
    assert picture.shape == (387, 1040, 3)
    red = (picture[..., 0] > 200) & (picture[..., 1] < 90)
    green = (picture[..., 1] > 200) & (picture[..., 0] < 90)
    assert red[:, :520].any() and not red[:, 520:].any()
    y, x = np.nonzero(green[:, :520])  # (3, 4) of 30x20, drawn 400 wide with a margin of 60
    assert abs(x.mean() - 100) < 1.5 and abs(y.mean() - 113) < 1.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", r"META\.json must hold one json object\. Received: \[1\]"),
        ("{", r"META\.json must be json in UTF-8\. Received: "),
        ("[" * 100_000, r"META\.json must be json in UTF-8\. Received: "),
    ],
)
def test_a_description_that_is_none(folder, tmp_path, text, message):
    (folder / "META.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        _prepare(folder, tmp_path / "tfds")


@pytest.mark.parametrize("name", ["../y", "", "n" * 240])
def test_names_that_cannot_be_folders(name):
    with pytest.raises(ValueError, match=r"up to 100 letters.* Received: "):
        builder.TableConfig(name=name)
