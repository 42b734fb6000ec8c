"""`kill -9` at any moment, start the same command again: the same weights in the end."""

import pathlib
import random
import shutil
import signal
import subprocess
import time

import keras
import numpy as np
import pytest

from salnet_tf.models import salnet  # noqa: F401  (registers SalNet for load_model)

LONG = {"epochs": 3, "steps_per_call": 1, "checkpoint_minutes": 0.0}


def same_weights(first, second):
    pairs = zip(
        keras.saving.load_model(pathlib.Path(first) / "last.keras").get_weights(),
        keras.saving.load_model(pathlib.Path(second) / "last.keras").get_weights(),
        strict=True,
    )
    return all(np.array_equal(a, b) for a, b in pairs)


def checkpoints(workdir):
    return len(list((pathlib.Path(workdir) / "checkpoints").glob("*.index")))


def kill_once(process, workdir, delay):
    """Kill after `delay` seconds of checkpoints being written (one follows every step)."""
    deadline = time.monotonic() + 200
    while not checkpoints(workdir) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.timeout(900)
def test_killed_and_resumed_is_the_run_never_killed(start, finish, tmp_path):
    whole, killed = str(tmp_path / "whole"), str(tmp_path / "killed")
    uninterrupted = start(workdir=whole, **LONG)
    kill_once(start(workdir=killed, **LONG), killed, delay=0.3)
    assert not (pathlib.Path(killed) / "scores.csv").exists() or checkpoints(killed)
    finish(start(workdir=killed, **LONG))
    finish(uninterrupted)
    assert same_weights(whole, killed)
    scores = [(pathlib.Path(run) / "scores.csv").read_text() for run in (whole, killed)]
    assert scores[0] == scores[1]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_many_times_at_random_moments(start, finish, tmp_path):
    """With a checkpoint after every step, many kills fall while one is being written."""
    whole, killed = str(tmp_path / "whole"), str(tmp_path / "killed")
    long = {**LONG, "epochs": 20, "schedule": "plateau", "plateau_patience": 1}
    finish(start(workdir=whole, **long))
    dice = random.Random(4)
    for _ in range(8):
        kill_once(start(workdir=killed, **long), killed, delay=dice.uniform(0.0, 6.0))
    finish(start(workdir=killed, **long))
    assert same_weights(whole, killed)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MB of its own; skips where this user may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a tmpfs, which stands in for a full disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_full_disk_is_one_sentence_and_the_last_checkpoint_stays(start, finish, small_disk):
    workdir = small_disk / "run"
    kill_once(start(workdir=str(workdir), **LONG), workdir, delay=0.1)
    (small_disk / "filler").write_bytes(bytes(shutil.disk_usage(small_disk).free))
    output = finish(start(workdir=str(workdir), **LONG), code=2)
    assert output.startswith("error: ") and output.count("\n") == 1, output
    assert "No space left" in output or "the last good one stays" in output
    (small_disk / "filler").unlink()
    finish(start(workdir=str(workdir), **LONG))
