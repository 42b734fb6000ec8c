import json

import pytest
import tensorflow as tf

from salnet_tf.training import strategies


def test_auto_on_one_cpu_is_one_device(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    strategy = strategies.make_strategy("auto")
    assert isinstance(strategy, tf.distribute.OneDeviceStrategy)
    assert strategies.is_chief(strategy)


def test_multi_worker_without_workers_is_one_sentence(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ValueError, match=r"TF_CONFIG.*Received: TF_CONFIG=None"):
        strategies.make_strategy("multi_worker")


@pytest.mark.parametrize(
    "task",
    [
        {},
        {"type": "ps", "index": 0},
        {"type": "evaluator", "index": 0},
        {"type": "worker", "index": 2},
        {"type": "chief", "index": 0},
    ],
)
def test_a_process_without_a_place_in_the_cluster_is_one_sentence(monkeypatch, task):
    found = {"cluster": {"worker": ["a:1", "b:1"], "ps": ["c:1"]}, "task": task}
    monkeypatch.setenv("TF_CONFIG", json.dumps(found))
    with pytest.raises(ValueError, match=r"a task, chief or worker, of its cluster\. Received: "):
        strategies.make_strategy("auto")


def test_tpu_without_a_tpu_is_one_sentence():
    sentence = r"found no TPU on this machine\. Received: TPUs not found in the cluster$"
    with pytest.raises(ValueError, match=sentence):
        strategies.make_strategy("tpu")


def test_parts_are_for_workers():
    strategy = strategies.make_strategy("one_device")
    assert strategies.part_to_read(False, strategy) == (0, 1)
    with pytest.raises(ValueError, match=r"without strategy multi_worker\. Received: OneDevice"):
        strategies.part_to_read(True, strategy)


@pytest.mark.parametrize(("choice", "expected"), [("auto", False), ("on", True), ("off", False)])
def test_xla_is_off_on_cpu_unless_asked_for(choice, expected):
    strategy = strategies.make_strategy("one_device")
    assert strategies.jit_compile(choice, strategy) is expected
