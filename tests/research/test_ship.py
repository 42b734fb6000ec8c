"""Shipping: the three files of a preset, what they say, and what is refused."""

import dataclasses
import hashlib

import numpy as np
import pytest

import salnet_tf
from research import ship
from salnet_tf.models import presets, salnet

SIZE = (64, 96)


@pytest.fixture
def tiny_preset(tiny_model, monkeypatch):
    tiny = presets.Preset("tiny", tiny_model.config)
    monkeypatch.setattr(presets, "PRESETS", {**presets.PRESETS, "tiny": tiny})


def test_ships_three_files_that_agree(tiny_preset, workdir, photo_folder, photos, tmp_path):
    written = ship.ship(str(workdir), "tiny", str(photo_folder), tmp_path, SIZE)
    names = {"keras": "tiny.keras", "fp32": "tiny_fp32.tflite", "int8": "tiny_int8.tflite"}
    assert written == {
        kind: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        for kind, name in names.items()
    }
    assert len(list(tmp_path.iterdir())) == 3
    source = salnet_tf.load(str(workdir)).predict(photos[0])
    keras_file, fp32, int8 = (
        salnet_tf.load(str(tmp_path / n)).predict(photos[0]) for n in names.values()
    )
    for made in (keras_file, fp32):  # of random weights, whose logits of 30 round most
        assert np.corrcoef(made.ravel(), source.ravel())[0, 1] > 0.99
    assert np.abs(fp32 - keras_file).max() <= 1e-4 * source.max()
    logs = np.log([int8.ravel() + 1e-9, keras_file.ravel() + 1e-9])
    assert np.corrcoef(logs)[0, 1] > 0.9
    assert (tmp_path / "tiny.keras").stat().st_size < (workdir / "best.keras").stat().st_size


def test_rounding_is_bfloat16s():
    values = np.random.default_rng(0).normal(0, 3, 10_000).astype(np.float32)
    made = ship.rounded(values)
    assert np.abs(made / values - 1).max() <= 2.0**-8
    assert not np.any(made.view(np.uint32) & 0xFFFF)
    np.testing.assert_array_equal(ship.rounded(made), made)
    exact = np.array([0.0, -1.0, 0.5, 129 / 128], np.float32)
    np.testing.assert_array_equal(ship.rounded(exact), exact)


def test_salnet_large_ships_half_precision(
    workdir, tiny_model, tmp_path, photo_folder, monkeypatch
):
    large = dataclasses.replace(presets.preset("salnet_large"), config=tiny_model.config)
    monkeypatch.setattr(presets, "PRESETS", {**presets.PRESETS, "salnet_large": large})
    written = ship.ship(str(workdir), "salnet_large", str(photo_folder), tmp_path, SIZE)
    assert list(written) == ["keras", "fp16", "int8"]
    assert (tmp_path / "salnet_large_fp16.tflite").is_file()


def test_a_model_of_another_configuration_is_refused(workdir, photo_folder, tmp_path):
    with pytest.raises(ValueError, match=r"must be a 'salnet'\. Received: "):
        ship.ship(str(workdir), "salnet", str(photo_folder), tmp_path)
    assert not list(tmp_path.iterdir())


def test_another_size_and_broken_weights_are_refused(tiny_preset, workdir, photo_folder, tmp_path):
    with pytest.raises(ValueError, match=r"must be \(240, 320\)\. Received: \(64, 96\)"):
        ship.ship(str(workdir), "tiny", str(photo_folder), tmp_path)
    model = salnet.build_salnet("tiny", SIZE)
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    (tmp_path / "in").mkdir()
    model.save(tmp_path / "in/broken.keras")
    with pytest.raises(ValueError, match=r"must be finite\. Received: .*broken"):
        path = str(tmp_path / "in/broken.keras")
        ship.ship(path, "tiny", str(photo_folder), tmp_path / "out", SIZE)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
