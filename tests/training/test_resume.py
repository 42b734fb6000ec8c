"""`kill -9` at any moment, start the same command again: the same weights in the end."""

import contextlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

import keras
import numpy as np
import pytest
import tensorflow as tf

from salnet_tf.models import presets, salnet  # noqa: F401  (registers SalNet for load_model)

LONG = {"epochs": 3, "steps_per_call": 1, "checkpoint_minutes": 0.0}
# Forty-eight steps of the smallest network there is: starting is most of such a run.
SMALL = {
    **LONG,
    "epochs": 12,
    "network": presets.SalNetConfig((2, 2), (2, 2), (presets.ModuleConfig(2, 2),) * 13).to_dict(),
    "image_size": (16, 16),
    "schedule": "plateau",
    "warmup_epochs": 0.0,
    "plateau_patience": 1,
    "early_stopping": 8,
    "learning_rate": 5e-3,
}
KILLS = 10


def same_weights(first, second):
    pairs = zip(
        keras.saving.load_model(pathlib.Path(first) / "last.keras").get_weights(),
        keras.saving.load_model(pathlib.Path(second) / "last.keras").get_weights(),
        strict=True,
    )
    return all(np.array_equal(a, b) for a, b in pairs)


def logged(workdir):
    """{(step, tag): value} of all TensorBoard files; nothing may be logged twice."""
    found = {}
    for path in pathlib.Path(workdir).glob("tensorboard/events.*"):
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            for value in event.summary.value:
                key = event.step, value.tag
                assert key not in found, f"{key} is logged twice"
                found[key] = value.tensor.SerializeToString()
    return found


def checkpoints(workdir):
    return len(list((pathlib.Path(workdir) / "checkpoints").glob("*.index")))


def reached(workdir):
    """The step of the last checkpoint, 0 without one."""
    latest = tf.train.latest_checkpoint(str(pathlib.Path(workdir) / "checkpoints"))
    return int(latest.rsplit("-", 1)[1]) if latest else 0


def half_written(workdir):
    """Files of checkpoints and models that are there for as long as one is being written."""
    workdir = pathlib.Path(workdir)
    folder = workdir / "checkpoints"
    names = {name for name in os.listdir(folder)} if folder.is_dir() else set()
    published = {name.removesuffix(".index") for name in names if name.endswith(".index")}
    torn = [n for n in names if n.split(".data")[0].split("_temp")[0] not in published]
    torn = [n for n in torn if n.startswith("ckpt-") and not n.endswith(".index")]
    return torn + [path.name for path in workdir.glob(".partial_*")]


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def kill_once(process, workdir, delay):
    """Kill after `delay` seconds of checkpoints being written (one follows every step)."""
    deadline = time.monotonic() + 200
    while not checkpoints(workdir) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(delay)
    kill(process)


def cpu_seconds(process):
    """What a process has computed so far; unlike the clock, the same on a busy machine."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kill_after(process, seconds):
    """Kill when so many CPU seconds are used."""
    while process.poll() is None and cpu_seconds(process) < seconds:
        time.sleep(0.01)
    kill(process)


def kill_while_writing(process, workdir, which):
    """Kill while the `which`-th checkpoint or model from now is half written."""
    before, seen, was = set(half_written(workdir)), 0, False
    while process.poll() is None:
        now = bool(set(half_written(workdir)) - before)
        seen, was = seen + (now and not was), now
        if seen == which:
            return kill(process)
        time.sleep(0.0005)


@pytest.mark.timeout(900)
def test_killed_and_resumed_is_the_run_never_killed(start, finish, head_alone, tmp_path):
    whole, killed = str(tmp_path / "whole"), str(tmp_path / "killed")
    # The head and the stem learn; the whole network does in the slow test below.
    settings = {**LONG, **head_alone, "freeze": ("module",)}
    uninterrupted = start(workdir=whole, **settings)
    process = start(workdir=killed, **settings)
    kill_once(process, killed, delay=0.3)
    assert process.returncode == -signal.SIGKILL and checkpoints(killed)
    finish(start(workdir=killed, **settings))
    finish(uninterrupted)
    assert same_weights(whole, killed)
    scores = [(pathlib.Path(run) / "scores.csv").read_text() for run in (whole, killed)]
    assert scores[0] == scores[1]


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_killed_many_times_at_random_moments(start, finish, tmp_path, capsys):
    """Kills at any time from the start on, and kills of files that are half written.

    The log of the kills goes to the terminal.
    """
    whole, killed = str(tmp_path / "whole"), str(tmp_path / "killed")
    before = os.times()
    finish(start(workdir=whole, **SMALL))
    after = os.times()
    seconds = after.children_user + after.children_system
    seconds -= before.children_user + before.children_system
    dice, torn = random.Random(4), 0
    for number in range(1, KILLS + 1):
        before, began = set(half_written(killed)), time.monotonic()
        process = start(workdir=killed, **SMALL)
        if number % 2:
            kill_after(process, dice.uniform(0.2, 0.8) * seconds)
        else:
            kill_while_writing(process, killed, dice.randint(1, 6))
        left = half_written(killed)
        torn += bool(set(left) - before)
        with capsys.disabled():
            print(
                f"\nkill {number:2}: after {time.monotonic() - began:5.1f} s, exit code "
                f"{process.returncode}, checkpoint of step {reached(killed):3}, half written: "
                f"{', '.join(left) or '-'}",
                end="",
            )
    finish(start(workdir=killed, **SMALL))
    assert not half_written(killed)
    assert torn >= KILLS // 4, "too few kills met a file half written"
    assert same_weights(whole, killed)
    scores = [(pathlib.Path(run) / "scores.csv").read_text() for run in (whole, killed)]
    assert scores[0] == scores[1]
    assert logged(whole) == logged(killed)


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


def one_sentence(output):
    assert output.startswith("error: ") and output.count("\n") == 1, output
    assert "No space left" in output or "the last good one stays" in output, output


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_full_disk_is_one_sentence_and_the_last_checkpoint_stays(start, finish, small_disk):
    """The disk fills up under a run; started again on the full disk; started with room."""
    workdir, long = small_disk / "run", {**LONG, "epochs": 40}
    process = start(workdir=str(workdir), **long)
    while not reached(workdir) and process.poll() is None:
        time.sleep(0.01)
    while process.poll() is None:  # it deletes as it goes: fill again
        with open(small_disk / "filler", "ab") as file, contextlib.suppress(OSError):
            file.write(bytes(shutil.disk_usage(small_disk).free))
        time.sleep(0.01)
    one_sentence(finish(process, code=2))
    stands = reached(workdir)
    assert stands
    one_sentence(finish(start(workdir=str(workdir), **long), code=2))
    assert reached(workdir) == stands
    (small_disk / "filler").unlink()
    process = start(workdir=str(workdir), **long)
    while reached(workdir) == stands and process.poll() is None:
        time.sleep(0.1)
    assert reached(workdir) > stands
