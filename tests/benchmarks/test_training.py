"""What a training step costs, and its operations by kind."""

import pytest

from benchmarks import training, training_step
from salnet_tf.profiling import latency


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("_MklNativeConv2DBackpropFilter", "convolution"),
        ("DepthwiseConv2dNativeBackpropInput", "depthwise convolution"),
        ("_FusedBatchNormEx", "batch normalisation"),
        ("ReluGrad", "activation"),
        ("AssignSubVariableOp", "optimiser"),
        ("AddV2", "other"),
    ],
)
def test_kinds(operation, kind):
    assert training_step.kind_of(operation) == kind


@pytest.mark.slow
def test_a_step_is_mostly_convolution(tiny_preset, tmp_path):
    step = training_step.make(tiny_preset, (48, 64), 2)
    spent = training_step.trace(step, tmp_path, steps=2)
    assert {"convolution", "depthwise convolution", "batch normalisation"} <= set(spent)
    assert min(spent.values()) > 0 and list(spent.values()) == sorted(spent.values(), reverse=True)
    assert list(tmp_path.rglob("*.xplane.pb"))


@pytest.mark.slow
def test_a_training_step_is_timed():
    worker = ("benchmarks.training_step", "salnet", 32, 32, 2, "fused", 1)
    taken = latency.in_turns({"a": worker}, rounds=1, seconds_per_turn=0.1)["a"]
    assert taken["growth"] > 1e6
    assert min(taken["seconds"]) > 0


@pytest.mark.slow
def test_training_is_measured_with_both_normalisations_beside_a_backbone():
    config = training.TrainingCostConfig(
        backbones=("mobilenet_v2",), image_size=(32, 32), batch_size=2, threads=1, rounds=1
    )
    rows = training.measure(config)
    names = ["salnet", "salnet, unfused batch norm", "mobilenet_v2"]
    assert [row["model"] for row in rows] == names
    assert all(row["images_per_second"] > 0 and row["memory_gb"] > 0.01 for row in rows)
    assert rows[2]["memory_gb"] > rows[0]["memory_gb"]
    assert training.markdown(rows).splitlines()[2].startswith("| salnet | ")
