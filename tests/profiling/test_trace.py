"""A trace: the step's operations by kind."""

import pytest

from salnet_tf.profiling import trace


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
    assert trace.kind_of(operation) == kind


def test_a_step_is_mostly_convolution(tiny_preset, tmp_path):
    spent = trace.take(tiny_preset, (48, 64), 2, tmp_path, steps=2)
    assert {"convolution", "depthwise convolution", "batch normalisation"} <= set(spent)
    assert min(spent.values()) > 0 and list(spent.values()) == sorted(spent.values(), reverse=True)
    assert list(tmp_path.rglob("*.xplane.pb"))
