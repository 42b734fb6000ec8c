"""One loop for every strategy: the same loss per step, in real processes on this machine."""

import csv
import json
import pathlib
import time

import keras
import numpy as np
import pytest
import tensorflow as tf

from salnet_tf.models import salnet
from tests.training import loopback

# Sixteen images in one batch: every epoch is one step, and scores.csv holds every step's loss.
ONE_STEP_EPOCHS = {
    "batch_size": 16,
    "epochs": 5,
    "steps_per_call": 1,
    "schedule": "constant",
    "learning_rate": 1e-3,
    "warmup_epochs": 0.0,
    "threads": 0,
}


@pytest.fixture
def frozen_norms(tiny_config, tmp_path):
    """Settings that start at one set of weights and hold its batch normalisation fixed."""
    model = salnet.build_salnet(tiny_config, (48, 64))
    model.save(tmp_path / "start.keras")
    start = str(tmp_path / "start.keras")
    return {**ONE_STEP_EPOCHS, "init_from": start, "freeze": ["batch_norm"]}


def losses(workdir):
    text = (pathlib.Path(workdir) / "scores.csv").read_text()
    return np.array([float(row["loss"]) for row in csv.DictReader(text.splitlines())])


def reached(workdir):
    """The step of the last checkpoint, 0 without one."""
    latest = tf.train.latest_checkpoint(str(workdir / "checkpoints"))
    return int(latest.rsplit("-", 1)[1]) if latest else 0


def start_workers(start, chiefs=0, **settings):
    """Two processes of one run; with `chiefs` 1 the first is its chief."""
    tasks = loopback.tasks(loopback.cluster(chiefs, 2 - chiefs))
    return [start(tf_config=task, strategy="multi_worker", **settings) for task in tasks]


@pytest.mark.slow
@pytest.mark.timeout(5400)
def test_two_replicas_and_two_workers_take_the_steps_of_one_device(
    start, finish, frozen_norms, tmp_path, capsys
):
    names = ("one", "mirrored", "workers", "chief")
    one, two, many, led = (str(tmp_path / name) for name in names)
    finish(start(workdir=one, strategy="one_device", **frozen_norms))
    finish(start(workdir=two, strategy="mirrored", logical_cpus=2, **frozen_norms))
    for workdir, chiefs in ((many, 0), (led, 1)):
        for worker in start_workers(start, chiefs, workdir=workdir, **frozen_norms):
            finish(worker)
        environment = json.loads((pathlib.Path(workdir) / "environment.json").read_text())
        assert environment["replicas"] == 2
    with capsys.disabled():
        for run in (two, many, led):
            away = np.abs(losses(run) / losses(one) - 1).max()
            print(f"\n{pathlib.Path(run).name}: {away:.1e} at most from one device", end="")
    for run in (two, many, led):
        np.testing.assert_allclose(losses(run), losses(one), rtol=1e-4)
    assert losses(one)[-1] < losses(one)[0]


@pytest.mark.slow
@pytest.mark.timeout(5400)
def test_moving_statistics_are_averaged_over_replicas(start, finish, frozen_norms, tmp_path):
    """In the first layer the mean of the halves' means is the whole batch's."""
    settings = {**frozen_norms, "freeze": [], "epochs": 1, "mirror": False}
    means = []
    for name, cpus in (("one_device", 1), ("mirrored", 2)):
        workdir = str(tmp_path / name)
        finish(start(workdir=workdir, strategy=name, logical_cpus=cpus, **settings))
        model = keras.saving.load_model(tmp_path / name / "last.keras")
        means.append(model.get_layer("stem1_bn").moving_mean.numpy())
    assert np.abs(means[0]).max() > 1e-3
    np.testing.assert_allclose(means[1], means[0], rtol=1e-3, atol=1e-6)


@pytest.mark.slow
@pytest.mark.timeout(5400)
@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_worker_ends_the_other_and_all_resume(start, finish, tmp_path, victim):
    workdir = tmp_path / "run"
    settings = {"workdir": str(workdir), "epochs": 400, "checkpoint_minutes": 0.0}
    workers = start_workers(start, **settings)
    deadline = time.monotonic() + 1800
    while not reached(workdir) and time.monotonic() < deadline:
        time.sleep(0.1)
    workers[victim].kill()
    output = finish(workers[1 - victim], code=2)
    assert "Another worker of this run is gone" in output.splitlines()[-1], output
    stands = reached(workdir)
    again = start_workers(start, **settings)
    while reached(workdir) <= stands and time.monotonic() < deadline + 1800:
        time.sleep(0.1)
    assert reached(workdir) > stands > 0
    for worker in again:
        worker.kill()
