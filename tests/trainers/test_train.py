"""The command itself, in a process of its own: flags in, one sentence or a run's folder out."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "trainers.train", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )


@pytest.mark.parametrize(
    ("flag", "sentence"),
    [
        ("--image_size=250x320", "image_size must be a multiple of 16. Received: (250, 320)"),
        ("--dataset=salicon", "Received: 'salicon'"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(flag, sentence, data_dir, tmp_path):
    done = run(f"--data_dir={data_dir}", f"--workdir={tmp_path / 'run'}", flag)
    assert done.returncode == 2 and not done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ") and line.endswith(sentence)
    assert not list(tmp_path.glob("run/*.keras"))


@pytest.mark.slow
def test_flags_txt_replays_the_run(data_dir, tmp_path):
    workdir, again = tmp_path / "run", tmp_path / "again"
    common = [f"--data_dir={data_dir}", "--nofinal_scores"]
    done = run(
        *common,
        f"--workdir={workdir}",
        "--dataset=fixation_table/drawn",
        "--image_size=48x64",
        "--epochs=1",
        "--warmup_epochs=0",
        "--seed=3",
    )
    assert done.returncode == 0, done.stderr
    done = run(f"--flagfile={workdir / 'flags.txt'}", f"--workdir={again}")
    assert done.returncode == 0, done.stderr
    assert (workdir / "scores.csv").read_text() == (again / "scores.csv").read_text()


def test_help_names_units_and_ranges():
    done = subprocess.run(
        [sys.executable, "-m", "trainers.train", "--helpshort"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert "--data_dir" in done.stdout and "HEIGHTxWIDTH of the canvas in pixels" in done.stdout
