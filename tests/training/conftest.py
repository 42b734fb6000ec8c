"""Real training runs: in this process, and in processes of their own."""

import json
import os
import pathlib
import subprocess
import sys

import keras
import pytest

from salnet_tf.models import salnet
from salnet_tf.models import teacher as teacher_lib
from salnet_tf.training import config as config_lib
from salnet_tf.training import loop

SCRIPT = pathlib.Path(__file__).parent / "tiny_run.py"


@pytest.fixture(scope="session")
def finished_run(data_dir, tiny_config, tmp_path_factory):
    """(config, result, losses of each call) of a run of six epochs of four steps, read by many."""
    config = config_lib.TrainConfig(
        workdir=str(tmp_path_factory.mktemp("finished") / "run"),
        data_dir=data_dir,
        datasets=("fixation_table/drawn",),
        network=tiny_config,
        image_size=(48, 64),
        batch_size=4,
        epochs=6,
        learning_rate=1e-2,
        warmup_epochs=0.5,
        steps_per_call=2,
        ema_momentum=0.9,
        final_scores=False,
    )
    losses, add_loss = [], loop.checkpoints.Keeper.add_loss

    def noted(keeper, loss, steps):
        losses.append(loss)
        add_loss(keeper, loss, steps)

    loop.checkpoints.Keeper.add_loss = noted
    try:
        result = loop.train(config)
    finally:
        loop.checkpoints.Keeper.add_loss = add_loss
    return config, result, losses


@pytest.fixture
def head_alone(tiny_config, tmp_path):
    """Settings of a run whose reduction and prior alone learn.

    Most of a short run is to trace what is differentiated: for tests of all else.
    """
    path = str(tmp_path / "start.keras")
    salnet.build_salnet(tiny_config, (48, 64)).save(path)
    return {"init_from": path, "freeze": ("stem", "module")}


@pytest.fixture
def start(settings):
    """Start a run in a process of its own; returns the Popen, its output in one pipe."""
    started = []

    def start_run(tf_config=None, **changes):
        arguments = {**settings, "threads": 1, **changes}
        arguments["network"] = dict_of(arguments["network"])
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
        if tf_config:
            environment["TF_CONFIG"] = json.dumps(tf_config)
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT), json.dumps(arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        started.append(process)
        return process

    yield start_run
    for process in started:
        process.kill()
        process.communicate()


def dict_of(network):
    return network if isinstance(network, dict) else network.to_dict()


@pytest.fixture
def finish():
    """Wait for a process and return its output; its exit code must be the expected one."""

    def wait(process, code=0, seconds=1800):
        output, _ = process.communicate(timeout=seconds)
        assert process.returncode == code, output
        return output

    return wait


@pytest.fixture
def small_teacher(tiny_backbone, tmp_path):
    """A teacher of two untrained readouts for photos of 64x96, in `teacher.keras`."""
    keras.utils.set_random_seed(0)
    names = ("fixation_table/drawn",)
    model = teacher_lib.Teacher(tiny_backbone, (64, 96), names, 2, (0, 1), width=16, thin=8)
    for layer in model.backbone.layers:  # Features of a size to be told apart.
        layer.set_weights([2.0 * weight for weight in layer.get_weights()])
    model.save(tmp_path / "teacher.keras")
    return model
