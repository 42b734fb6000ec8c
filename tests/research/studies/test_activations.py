"""How sparse maps are, by hand, and of a layer over photos."""

import cv2
import numpy as np
import pytest

from research.studies import activations
from salnet_tf.models import salnet


def test_spread_by_hand():
    maps = np.zeros((1, 2, 2, 3), np.float32)
    maps[0, ..., 0] = 2  # two cells of four hold half of it
    maps[0, 0, 0, 1] = 5  # one cell has it all
    one = activations.spread("drawn", maps)
    assert one.shape == (2, 2, 3)
    assert one.active == pytest.approx(5 / 12) and one.silent == pytest.approx(1 / 3)
    assert one.half == pytest.approx((2 / 4 + 1 / 4) / 2)
    assert one.histogram[-1] == 1 and one.histogram.sum() == 1


def test_a_layer_over_photos_is_measured_and_drawn(tiny_config, tmp_path):
    model = salnet.build_salnet(tiny_config, (48, 64))
    model.save(tmp_path / "tiny.keras")
    (tmp_path / "photos").mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "photos" / "0.png"), noise)
    name = f"{tmp_path / 'tiny.keras'}:module13_depthwise_act"
    one = activations.measure(name, str(tmp_path / "photos"))
    assert one.shape[2] == tiny_config.modules[-1].expanded and 0 < one.active < 1
    assert 0 < one.half <= 0.5
    activations.draw([one], str(tmp_path / "new" / "spread.png"))
    assert cv2.imread(str(tmp_path / "new" / "spread.png")).shape[2] == 3


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("module13_project_bn", "must be rectified. Received: -"),
        ("module14", "has no layer of this name. Received: 'module14'"),
    ],
)
def test_a_layer_that_does_not_fit_is_named(tiny_config, tmp_path, layer, message):
    salnet.build_salnet(tiny_config, (48, 64)).save(tmp_path / "tiny.keras")
    (tmp_path / "photos").mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "photos" / "0.png"), noise)
    with pytest.raises(ValueError, match=message):
        activations.measure(f"{tmp_path / 'tiny.keras'}:{layer}", str(tmp_path / "photos"))


def test_a_name_without_a_layer_is_refused():
    with pytest.raises(ValueError, match=r"named MODEL:LAYER\. Received: 'salnet'"):
        activations.measure("salnet", "photos")
