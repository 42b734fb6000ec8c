import dataclasses
import json

import pytest

from salnet_tf.models import presets


@pytest.mark.parametrize("name", presets.PRESETS)
def test_every_preset_has_two_thirteen_one_and_survives_json(name):
    config = presets.preset(name).config
    assert len(config.stem_filters) == 2 and len(config.modules) == 13
    assert presets.SalNetConfig(**json.loads(json.dumps(config.to_dict()))) == config


def test_strides_follow_pools_strides_and_upsampling():
    assert presets.preset("salnet_draft").config.strides() == [2, 2, 4, 4, 4] + [8] * 8
    lean = presets.preset("salnet").config
    assert (lean.output_stride, lean.size_multiple) == (8, 16)


def test_unknown_preset_is_one_sentence():
    with pytest.raises(ValueError, match=r"Unknown preset\. Known: salnet.*Received: 'salnett'"):
        presets.preset("salnett")


@pytest.mark.parametrize(
    "changes",
    [
        *({"stride": 3}, {"kernel_size": 4}, {"filters": 0}, {"dilation": 2, "stride": 2}),
        *({"expanded": 10**9}, {"dilation": 1000}, {"kernel_size": 1001}),
    ],
)
def test_impossible_modules_are_refused(changes):
    with pytest.raises(ValueError, match="Received"):
        presets.ModuleConfig(**{"filters": 8, "expanded": 16, **changes})


@pytest.mark.parametrize("side", [2, -1])
def test_a_smoothing_kernel_has_a_middle(side):
    config = presets.preset("salnet").config
    with pytest.raises(ValueError, match=f"must be 0 or odd, .* Received: {side}"):
        dataclasses.replace(config, smoothing=side)


def test_modules_are_thirteen_and_skips_point_back():
    module = presets.ModuleConfig(8, 16)
    with pytest.raises(ValueError, match=r"13 modules\. Received: 12"):
        presets.SalNetConfig((8, 8), (2, 1), (module,) * 12)
    forward = presets.ModuleConfig(8, 16, skip=3)
    with pytest.raises(ValueError, match="Module 1 can take its skip"):
        presets.SalNetConfig((8, 8), (2, 1), (forward,) + (module,) * 12)
