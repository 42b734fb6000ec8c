"""A narrower network starts as what it can hold of the wider one."""

import dataclasses

import cv2
import keras
import numpy as np
import pytest

from research import growth, trim
from salnet_tf.models import presets, salnet
from salnet_tf.training import initialisation

SIZE = (48, 64)


def images(count):
    random = np.random.default_rng(1)
    coarse = random.uniform(0, 255, (count, 6, 8, 3)).repeat(8, 1).repeat(8, 2)
    return (0.7 * coarse + 0.3 * random.uniform(0, 255, coarse.shape)).astype(np.float32)


@pytest.mark.slow
def test_channels_that_nothing_needs_go_first():
    keras.utils.set_random_seed(3)
    narrow, trimmed = salnet.build_salnet("salnet", SIZE), salnet.build_salnet("salnet", SIZE)
    wide = salnet.build_salnet("salnet_large", SIZE)
    assert trim.can_trim(wide, narrow) and not trim.can_trim(narrow, wide)
    narrow(images(16), training=True)
    growth.grow(narrow, wide)
    kept = trim.trim(wide, trimmed, images(24))
    assert sorted(kept) == list(range(1, 14))
    assert min(kept.values()) > 0.99
    made, expected = (np.asarray(m(images(30)[24:], training=False)) for m in (trimmed, wide))
    assert np.ptp(expected) > 0.1
    assert np.corrcoef(made.ravel(), expected.ravel())[0, 1] > 0.999


@pytest.mark.slow
def test_shipped_weights_lose_little():
    large = initialisation.load_model("salnet_large").with_image_size(SIZE)
    config = large.config.to_dict()
    for module in config["modules"]:
        module["expanded"] = module["expanded"] * 3 // 4
    narrow = salnet.build_salnet(presets.SalNetConfig(**config), SIZE)
    kept = trim.trim(large, narrow, images(24))
    assert len(kept) == 13 and min(kept.values()) > 0.7
    made, expected = (np.asarray(m(images(30)[24:], training=False)) for m in (narrow, large))
    assert np.corrcoef(made.ravel(), expected.ravel())[0, 1] > 0.8


@pytest.mark.parametrize(
    ("preset", "path", "message"),
    [
        ("salnet", "there", "written to a .keras file. Received: 'there'"),
        (
            "salnet_prototype",
            "there.keras",
            "with fewer expanded channels. Received: 'salnet_large'",
        ),
    ],
)
def test_it_says_what_it_cannot_trim(preset, path, message, tmp_path):
    with pytest.raises(ValueError) as error:
        trim.trim_file("salnet_large", preset, str(tmp_path), path)
    assert str(error.value).endswith(message)


@pytest.mark.slow
def test_a_file_is_written_at_the_preset_s_size(tmp_path, monkeypatch):
    small = dataclasses.replace(presets.preset("salnet"), image_size=SIZE)
    monkeypatch.setattr(presets, "PRESETS", {**presets.PRESETS, "salnet": small})
    for i, image in enumerate(images(3)):
        cv2.imwrite(str(tmp_path / f"{i}.png"), image.astype(np.uint8))
    wide, path = str(tmp_path / "wide.keras"), str(tmp_path / "narrow.keras")
    salnet.build_salnet("salnet_large", (96, 128)).save(wide)
    trim.trim_file(wide, "salnet", str(tmp_path), path)
    narrow = initialisation.load_model(path)
    assert narrow.config == presets.preset("salnet").config and narrow.image_size == SIZE
