"""Shipping: the three files of a preset, what they say, and what is refused."""

import hashlib

import numpy as np
import pytest

import salnet_tf
from salnet_tf.models import presets
from salnet_tf.serving import shipping


@pytest.fixture
def tiny_preset(tiny_model, monkeypatch):
    monkeypatch.setattr(presets, "PRESETS", {**presets.PRESETS, "tiny": tiny_model.config})


def test_ships_three_files_that_agree(tiny_preset, workdir, photo_folder, photos, tmp_path):
    written = shipping.ship(str(workdir), "tiny", str(photo_folder), tmp_path)
    assert written == {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in tmp_path.iterdir()
    }
    assert sorted(written) == ["tiny.keras", "tiny_fp32.tflite", "tiny_int8.tflite"]
    source = salnet_tf.load(str(workdir)).predict(photos[0])
    keras_file, fp32, int8 = (
        salnet_tf.load(str(tmp_path / n)).predict(photos[0]) for n in sorted(written)
    )
    np.testing.assert_array_equal(keras_file, source)
    assert np.abs(fp32 - source).max() <= 0.01 * source.max()
    assert np.corrcoef(int8.ravel(), source.ravel())[0, 1] > 0.9
    assert (tmp_path / "tiny.keras").stat().st_size < (workdir / "best.keras").stat().st_size


def test_a_model_of_another_configuration_is_refused(workdir, photo_folder, tmp_path):
    with pytest.raises(ValueError, match=r"must be a 'salnet'\. Received: "):
        shipping.ship(str(workdir), "salnet", str(photo_folder), tmp_path)
    assert not list(tmp_path.iterdir())
