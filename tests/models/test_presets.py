import json

import pytest

from salnet_tf.models import presets


@pytest.mark.parametrize("name", presets.PRESETS)
def test_every_preset_has_two_thirteen_one_and_survives_json(name):
    config = presets.preset(name)
    assert len(config.stem_filters) == 2 and len(config.modules) == 13
    assert presets.SalNetConfig(**json.loads(json.dumps(config.to_dict()))) == config


def test_strides_follow_pools_strides_and_upsampling():
    assert presets.preset("salnet_draft").strides() == [2, 2, 4, 4, 4] + [8] * 8
    lean = presets.preset("salnet")
    assert (lean.output_stride, lean.size_multiple) == (8, 16)


def test_unknown_preset_is_one_sentence():
    with pytest.raises(ValueError, match=r"Unknown preset\. Known: salnet.*Received: 'salnett'"):
        presets.preset("salnett")


@pytest.mark.parametrize(
    "changes",
    [{"stride": 3}, {"kernel_size": 4}, {"filters": 0}, {"dilation": 2, "stride": 2}],
)
def test_impossible_modules_are_refused(changes):
    with pytest.raises(ValueError, match="Received"):
        presets.ModuleConfig(**{"filters": 8, "expanded": 16, **changes})


def test_modules_are_thirteen_and_skips_point_back():
    module = presets.ModuleConfig(8, 16)
    with pytest.raises(ValueError, match=r"13 modules\. Received: 12"):
        presets.SalNetConfig((8, 8), (2, 1), (module,) * 12)
    forward = presets.ModuleConfig(8, 16, skip=3)
    with pytest.raises(ValueError, match="Module 1 can take its skip"):
        presets.SalNetConfig((8, 8), (2, 1), (forward,) + (module,) * 12)


def test_changes_for_ablations():
    lean = presets.preset("salnet")
    assert presets.changed(lean, ()) == lean
    bare = presets.changed(lean, ("prior_gaussians=0", "smoothing=9", "context=0", "dilation=1"))
    assert (bare.prior_gaussians, bare.smoothing) == (0, 9)
    assert not any(module.context or module.dilation > 1 for module in bare.modules)
    wide = presets.changed(lean, ("kernel_size=7",))
    assert {m.kernel_size for m in wide.modules if m.stride == 1} == {7}
    coarse = presets.changed(lean, ("skip=0", "upsample=0"))
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
        presets.changed(presets.preset("salnet"), (change,))
