"""The shipped weights are those the presets name, and still say what they said when shipped.

The stored numbers are the predictions of each `_fp32.tflite` on a display of the
synthetic set, at every 24th row and 32nd column, as shipped on 2026-11-25.
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
        [-10.847, -10.07, -11.519, -10.153],
        [-9.817, -9.037, -10.889, -10.382],
        [-10.285, -9.17, -10.429, -9.996],
        [-9.429, -9.133, -9.863, -9.489],
        [-9.897, -10.174, -9.606, -11.28],
        [-10.114, -11.228, -10.511, -11.983],
        [-13.386, -11.904, -13.367, -13.76],
    ],
    "salnet_distilled": [
        [-11.225, -9.873, -11.907, -10.575],
        [-9.864, -9.023, -10.95, -10.986],
        [-9.969, -9.319, -10.372, -10.351],
        [-9.117, -9.616, -9.649, -10.324],
        [-9.852, -9.973, -9.516, -11.825],
        [-9.504, -10.639, -10.671, -11.559],
        [-12.608, -11.334, -12.265, -13.348],
    ],
    "salnet_small": [
        [-10.61, -9.697, -11.209, -10.234],
        [-9.843, -9.189, -10.7, -10.686],
        [-10.01, -9.685, -10.185, -10.17],
        [-9.119, -9.566, -9.616, -10.326],
        [-9.718, -9.993, -9.92, -11.902],
        [-9.819, -10.322, -10.662, -11.455],
        [-12.738, -11.033, -12.138, -13.256],
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
