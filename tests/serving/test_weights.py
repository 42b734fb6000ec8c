"""The shipped weights are those the presets name, and still say what they said when shipped.

The stored numbers are the predictions of `salnet_distilled_fp32.tflite` on a display of the
synthetic set, at every 24th row and 32nd column, as shipped on 2026-11-23.
"""

import hashlib
import pathlib

import numpy as np
import pytest

import salnet_tf
from data.synthetic import display
from salnet_tf.models import presets
from salnet_tf.pipeline import photo
from salnet_tf.serving import predictor

FOLDER = pathlib.Path(predictor.WEIGHTS_DIR)
PHOTO = photo.decode_photo(display.draw(seed=(2026, 7, 0)).png)
STORED = np.array(
    [
        [-11.174, -10.032, -11.933, -11.652],
        [-9.695, -8.97, -11.135, -11.219],
        [-10.253, -9.401, -10.496, -10.473],
        [-9.451, -9.193, -9.722, -10.621],
        [-9.934, -9.936, -9.79, -12.375],
        [-9.835, -11.007, -10.378, -12.021],
        [-12.436, -11.663, -12.068, -13.382],
    ]
)


def log_density(name):
    density = salnet_tf.load(str(FOLDER / name)).predict(PHOTO)
    return np.log(density[12::24, 16::32])


def test_files_are_those_the_presets_name():
    found = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in FOLDER.iterdir()}
    assert found == dict(presets.WEIGHTS)
    assert sum(p.stat().st_size for p in FOLDER.iterdir()) < 6e6


def test_a_preset_loads_by_name_and_says_what_it_said():
    density = salnet_tf.load("salnet_distilled").predict(PHOTO)
    assert density.shape == PHOTO.shape[:2] and density.sum() == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(np.log(density[12::24, 16::32]), STORED, atol=0.02)


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [("salnet_distilled.keras", 0.02), ("salnet_distilled_int8.tflite", 0.2)],
)
def test_its_other_files_agree(name, tolerance):
    np.testing.assert_allclose(log_density(name), STORED, atol=tolerance)
