"""Changes of a preset for ablations, and those that cannot be."""

import pytest

from research import ablation
from salnet_tf.models import presets


def test_changes_for_ablations():
    lean = presets.preset("salnet").config
    assert ablation.changed(lean, ()) == lean
    bare = ablation.changed(lean, ("prior_gaussians=0", "smoothing=9", "context=0", "dilation=1"))
    assert (bare.prior_gaussians, bare.smoothing) == (0, 9)
    assert not any(module.context or module.dilation > 1 for module in bare.modules)
    wide = ablation.changed(lean, ("kernel_size=7",))
    assert {m.kernel_size for m in wide.modules if m.stride == 1} == {7}
    coarse = ablation.changed(lean, ("skip=0", "upsample=0"))
    assert (lean.output_stride, coarse.output_stride) == (8, 16)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("filters=3", "A change is NAME=NUMBER of prior_gaussians.*Received: 'filters=3'"),
        ("context=1", r"\(context, upsample, skip only 0\)"),
        ("kernel_size=4", "kernel_size must be odd"),
        ("smoothing=-1", "Received: 'smoothing=-1'"),
        ("upsample=0", "Module 11 would join stride 16 to 8. Received: upsample=0"),
    ],
)
def test_impossible_changes_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        ablation.changed(presets.preset("salnet").config, (change,))
