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


def test_tpu_without_a_tpu_is_one_sentence():
    with pytest.raises(ValueError, match="no TPU on this machine"):
        strategies.make_strategy("tpu")


@pytest.mark.parametrize(("choice", "expected"), [("auto", False), ("on", True), ("off", False)])
def test_xla_is_off_on_cpu_unless_asked_for(choice, expected):
    strategy = strategies.make_strategy("one_device")
    assert strategies.jit_compile(choice, strategy) is expected
