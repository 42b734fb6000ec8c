"""The command, from its flags to the prepared set."""

import re
import subprocess
import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds
from absl import flags as absl_flags
from absl.testing import flagsaver
from PIL import Image

from data import build


@pytest.fixture
def folder(tmp_path):
    """One image of 30x20 and a table as a tracker exports it: fractions of a screen, seconds."""
    source = tmp_path / "tracker"
    (source / "images").mkdir(parents=True)
    Image.fromarray(np.full((20, 30, 3), 90, np.uint8)).save(source / "images" / "a.png")
    rows = ["Bild;FPOGX;FPOGY;FPOGD", "a.png;0,75;0,5;0,2", "a.png;0,1;0,5;0,3"]
    (source / "gaze.csv").write_text("\n".join(rows), encoding="utf-8-sig")
    return source


def _run(**flags):
    absl_flags.FLAGS.mark_as_parsed()
    with flagsaver.as_parsed(**flags):
        return build.main(["build"])


def _refused(capsys, **flags):
    """What a refused command says."""
    capsys.readouterr()
    with pytest.raises((ValueError, OSError)) as refusal:
        _run(**flags)
    assert not capsys.readouterr().out
    return str(refusal.value)


def test_a_trackers_table_with_every_flag(folder, tmp_path, capsys):
    _run(
        dataset="fixation_table", data_dir=str(tmp_path / "tfds"), source=str(folder),
        fixations="gaze.csv", image_column="Bild", x_column="FPOGX", y_column="FPOGY",
        duration_column="FPOGD", units="fraction", offset="0.25,0.25", scale="1.5,2",
        seconds="true", pixels_per_degree="4", max_loss="1",
    )  # fmt: skip
    said = capsys.readouterr().out
    assert "fixation_table/tracker/1.0.0: 1 images (train 1), 1 observers, 1 fixations" in said
    assert "dropped: outside the image: 1 fixations" in said
    builder = tfds.builder_from_directory(tmp_path / "tfds" / "fixation_table/tracker/1.0.0")
    (example,) = tfds.as_numpy(builder.as_dataset(split="train"))
    assert example["fixations"]["x"].tolist() == [np.float32((0.75 - 0.25) * 1.5 * 30)]
    assert example["fixations"]["y"].tolist() == [np.float32((0.5 - 0.25) * 2 * 20)]
    assert example["fixations"]["duration"].tolist() == [200]
    assert example["sigma"] == 4
    assert builder.info.metadata["pixels_per_degree"] == 4


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"dataset": "fixation_table"}, "fixation_table needs --source=FOLDER."),
        ({"dataset": "nosuch"}, "dataset must be one of "),
        ({"dataset": "fixation_table", "source": "x", "offset": "1,2,3"}, "Received: 1,2,3"),
        ({"dataset": "fixation_table", "source": "x", "name": "../y"}, r"Received: \.\./y"),
        ({"dataset": "fixation_table", "source": "x", "sigma": "-3"}, "sigma must be.*: -3.0"),
        ({"dataset": "fixation_table", "source": "x", "sigma": "nan"}, "sigma must be.*: nan"),
        (
            {"dataset": "fixation_table", "source": "x", "pixels_per_degree": "0"},
            "pixels_per_degree must be a number above 0. Received: 0.0",
        ),
        ({"dataset": "fixation_table", "source": "x", "scale": "nan"}, "scale must be numbers"),
    ],
)
def test_mistakes_get_one_sentence_and_nothing_is_made(tmp_path, capsys, flags, message):
    assert re.search(message, _refused(capsys, data_dir=str(tmp_path / "deep/tfds"), **flags))
    assert not (tmp_path / "deep").exists()


def _rows(folder, rows):
    (folder / "fixations.csv").write_text("\n".join(["image,x,y", *rows]))
    return {"dataset": "fixation_table", "source": str(folder)}


def test_a_table_of_which_no_fixation_is_left_is_not_prepared(folder, tmp_path, capsys):
    flags = _rows(folder, ["a.png,12,8", "a.png,20,9"])
    (tmp_path / "tfds").mkdir()
    flags |= {"units": "fraction", "max_loss": "1"}
    said = _refused(capsys, data_dir=str(tmp_path / "tfds"), **flags)
    assert re.search(r"No fixation is left of .*outside the image: 2 fix", said)
    assert not list((tmp_path / "tfds").iterdir())


def test_fractions_are_not_taken_for_pixels(folder, tmp_path, capsys):
    flags = _rows(folder, [f"a.png,0.{k:02},0.5" for k in range(1, 20)])
    said = _refused(capsys, data_dir=str(tmp_path / "tfds"), **flags)
    assert "units=fraction. Received: x up to 0.19, y up to 0.5" in said
    assert not _run(data_dir=str(tmp_path / "tfds"), units="fraction", **flags)


def test_it_says_what_it_made_and_nothing_else(folder, tmp_path):
    columns = "--fixations=gaze.csv --image_column=Bild --x_column=FPOGX --y_column=FPOGY"
    command = [sys.executable, "-m", "data.build", "--dataset=fixation_table", *columns.split()]
    command += [f"--source={folder}", f"--data_dir={tmp_path / 'tfds'}", "--units=fraction"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stderr == ""
    assert answer.stdout.startswith("fixation_table/tracker/1.0.0: 1 images (train 1)")


def test_a_wrong_flag_is_one_line(tmp_path):
    command = [sys.executable, "-m", "data.build", "--dataset=fixation_table"]
    for wrong in ("--first_pixel=2", "extra"):
        answer = subprocess.run(
            [*command, f"--data_dir={tmp_path}", wrong], capture_output=True, text=True, check=False
        )
        assert (answer.returncode, answer.stdout) == (2, "")
        assert answer.stderr.startswith("error: ") and answer.stderr.count("\n") == 1
