"""The command itself, in a process of its own: flags in, one sentence or a run's folder out."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

from salnet_tf.objectives import losses

ROOT = pathlib.Path(__file__).parents[2]


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "trainers.train", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )


# Runs the command once for each list of arguments, in one process: TensorFlow's import is most of
# it. Prints (exit code, stdout, stderr) of each.
SCRIPT = """
import contextlib, io, json, sys
from absl.testing import flagsaver
from salnet_tf import command_line, options
from salnet_tf.training import config
from trainers import train

options.define(config.TrainConfig)

ends = []
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["train", *arguments]
    with contextlib.redirect_stdout(io.StringIO()) as out, flagsaver.flagsaver():
        with contextlib.redirect_stderr(io.StringIO()) as err:
            try:
                command_line.run(train.main)
            except SystemExit as end:
                code = end.code
    ends.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(ends))
"""
WRONG = {
    "--image_size=250x320": "image_size must be a multiple of 16. Received: (250, 320)",
    "--dataset=salicon": "Received: 'salicon'",
    "--init_from=nowhere": "with a best.keras. Received: 'nowhere'",
    "--mixing=1,x": "must be numbers joined by commas. Received: 1,x (--helpshort lists the flags)",
    "--validation_dataset=salicon": "Received: 'salicon'",
    "--accumulation=3": "images; there are 16. Received: 8 x 3",
    "--workdir=setup.cfg": "workdir must be a folder. Received: setup.cfg, which is a file",
    "--learning_rate=-1": "must be above 0 and at most 1000. Received: -1.0",
    "--batch_size=": "invalid literal for int() with base 10: '' (--helpshort lists the flags)",
    "--data_dir=": "data_dir must not be empty. Received: ''",
    "--dataset=": "datasets must name at least one prepared set. Received: none",
    "--model=salnet --init_from=salnet_small": "train that one. Received: model 'salnet'",
    "--epoch=3": "'epoch'. Did you mean: epochs ? (--helpshort lists the flags)",
    "--strategy=multi_worker": "TF_CONFIG to name the workers. Received: TF_CONFIG=None",
}


def test_bad_input_is_one_sentence_and_leaves_nothing(data_dir, tmp_path):
    good = ["--dataset=fixation_table/drawn", f"--data_dir={data_dir}"]
    good.append(f"--workdir={tmp_path / 'run'}")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps([[*good, *flag.split()] for flag in WRONG])],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    ends = json.loads(done.stdout)
    for (flag, sentence), (code, said, complaint) in zip(WRONG.items(), ends, strict=True):
        assert (code, said, complaint.count("\n")) == (2, "", 1), (flag, said, complaint)
        assert complaint.startswith("error: ") and complaint.endswith(f"{sentence}\n"), complaint
    assert not (tmp_path / "run").exists()


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
    flags = dict(re.findall(r"\n  --(\w+): (.*?)(?=\n  --|\n\n)", done.stdout, re.DOTALL))
    numbers = {name for name, text in flags.items() if re.search(r"default: '[\d.]+'", text)}
    assert {"batch_size", "learning_rate", "seed"} < numbers
    for name in numbers:
        bounds = r"\((at least|above) [\d.]+ and (at most|below) [\d.]+\)"
        assert re.search(bounds, " ".join(flags[name].split())), name
    assert all(loss in flags["loss"] for loss in losses.LOSSES)
    assert "tensorflow" not in done.stderr
