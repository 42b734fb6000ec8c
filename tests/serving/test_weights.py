"""The shipped weights are those the presets name, and still say what they said when shipped.

The stored numbers are the predictions of each float `.tflite` on a display of the
synthetic set, at every 24th row and 32nd column, as shipped on 2026-11-25
(`salnet_small`: 2026-11-26).
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
STORED = {
    "salnet": [
        [-10.649, -9.997, -11.418, -10.192],
        [-9.697, -9.047, -10.747, -10.674],
        [-10.188, -9.126, -10.239, -10.198],
        [-9.471, -9.069, -9.752, -9.781],
        [-9.906, -9.977, -9.477, -11.047],
        [-10.234, -11.033, -10.519, -11.599],
        [-13.169, -11.723, -12.886, -13.028],
    ],
    "salnet_distilled": [
        [-11.221, -9.955, -11.746, -10.489],
        [-9.766, -9.322, -11.084, -11.064],
        [-10.067, -9.615, -10.527, -10.479],
        [-9.016, -9.631, -9.794, -10.409],
        [-9.798, -10.079, -9.629, -12.144],
        [-9.294, -10.699, -10.66, -11.724],
        [-12.408, -11.425, -12.181, -13.514],
    ],
    "salnet_large": [
        [-10.825, -10.053, -11.837, -10.2],
        [-9.664, -9.698, -11.255, -11.084],
        [-10.008, -10.026, -10.442, -10.364],
        [-8.958, -9.685, -9.828, -10.443],
        [-9.729, -10.309, -9.651, -12.362],
        [-9.232, -10.855, -10.612, -11.985],
        [-12.373, -10.946, -12.217, -13.869],
    ],
    "salnet_small": [
        [-11.003, -10.159, -11.2, -10.673],
        [-9.763, -9.072, -10.488, -10.625],
        [-10.155, -9.547, -10.041, -10.072],
        [-9.193, -9.615, -9.624, -10.348],
        [-9.862, -10.144, -9.788, -11.931],
        [-9.56, -10.673, -10.523, -11.649],
        [-12.476, -10.993, -11.766, -13.323],
    ],
}


def log_density(name):
    density = salnet_tf.load(str(FOLDER / name)).predict(PHOTO)
    return np.log(density[12::24, 16::32])


def test_files_are_those_the_presets_name():
    found = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in FOLDER.iterdir()}
    assert found == dict(presets.WEIGHTS)
    assert sum(p.stat().st_size for p in FOLDER.iterdir()) < 6e6


@pytest.mark.parametrize("name", STORED)
def test_a_preset_loads_by_name_and_says_what_it_said(name):
    density = salnet_tf.load(name).predict(PHOTO)
    assert density.shape == PHOTO.shape[:2] and density.sum() == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(np.log(density[12::24, 16::32]), STORED[name], atol=0.02)


@pytest.mark.parametrize("name", STORED)
@pytest.mark.parametrize(("file", "tolerance"), [(".keras", 0.02), ("_int8.tflite", 0.25)])
def test_its_other_files_agree(name, file, tolerance):
    np.testing.assert_allclose(log_density(name + file), STORED[name], atol=tolerance)
