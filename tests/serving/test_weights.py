"""The shipped weights are those the presets name, and still say what they said when shipped.

The stored numbers are the predictions of each float `.tflite` on a display of the
synthetic set, at every 24th row and 32nd column, as shipped on 2026-11-28 and 29.
"""

import hashlib
import pathlib

import numpy as np
import pytest
from ai_edge_litert import interpreter as litert

import salnet_tf
from data.synthetic import display
from salnet_tf.images import decode
from salnet_tf.models import presets

FOLDER = pathlib.Path(presets.WEIGHTS_DIR)
PHOTO = decode.decode_photo(display.draw(seed=(2026, 7, 0)).png)
STORED = {
    "salnet": [
        [-10.811, -10.116, -11.803, -9.668],
        [-9.658, -9.181, -11.127, -10.779],
        [-9.954, -9.271, -10.444, -10.525],
        [-8.964, -9.158, -9.718, -10.445],
        [-9.41, -10.001, -9.589, -11.779],
        [-9.596, -10.968, -10.826, -11.911],
        [-12.523, -11.62, -12.642, -13.021],
    ],
    "salnet_distilled": [
        [-11.051, -9.948, -12.0, -10.506],
        [-9.781, -9.335, -11.131, -10.909],
        [-10.127, -9.737, -10.426, -10.366],
        [-9.003, -9.705, -10.064, -10.42],
        [-9.819, -10.216, -9.837, -12.094],
        [-9.428, -10.662, -10.624, -11.479],
        [-11.919, -10.935, -11.849, -13.045],
    ],
    "salnet_large": [
        [-10.962, -9.966, -12.015, -10.465],
        [-9.846, -9.489, -11.196, -10.959],
        [-10.004, -9.811, -10.476, -10.286],
        [-8.926, -9.76, -10.026, -10.31],
        [-9.646, -10.402, -9.869, -12.225],
        [-9.361, -10.777, -10.947, -11.695],
        [-11.883, -11.037, -12.466, -13.61],
    ],
    "salnet_small": [
        [-11.099, -9.59, -11.68, -10.474],
        [-9.872, -9.06, -10.765, -11.045],
        [-10.164, -9.428, -10.259, -10.553],
        [-9.339, -9.552, -9.814, -10.293],
        [-10.043, -9.944, -9.726, -11.821],
        [-9.404, -10.426, -10.442, -11.416],
        [-12.624, -11.493, -12.22, -13.476],
    ],
}


def log_density(name):
    density = salnet_tf.load(str(FOLDER / name)).predict(PHOTO)
    return np.log(density[12::24, 16::32])


def test_files_are_those_the_presets_name():
    found = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in FOLDER.iterdir()}
    named = presets.PRESETS.values()
    assert found == {p.file(kind): said for p in named for kind, said in p.sha256.items()}
    assert sum(p.stat().st_size for p in FOLDER.iterdir()) < 6e6


@pytest.mark.parametrize("name", STORED)
def test_a_preset_loads_by_name_and_says_what_it_said(name):
    density = salnet_tf.load(name).predict(PHOTO)
    assert density.shape == PHOTO.shape[:2] and density.sum() == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(np.log(density[12::24, 16::32]), STORED[name], atol=0.02)


@pytest.mark.parametrize("name", STORED)
def test_its_other_files_agree(name):
    np.testing.assert_allclose(log_density(f"{name}.keras"), STORED[name], atol=0.02)
    coarse = 0.35 if name == "salnet_small" else 0.25  # fewer channels even out less rounding
    np.testing.assert_allclose(log_density(f"{name}_int8.tflite"), STORED[name], atol=coarse)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.tflite")), ids=lambda path: path.stem)
def test_gpus_take_every_tensor(path):
    interpreter = litert.Interpreter(str(path))
    assert max(len(d["shape"]) for d in interpreter.get_tensor_details()) == 4
