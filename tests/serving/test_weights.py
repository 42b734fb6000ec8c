"""The shipped weights are those the presets name, and still say what they said when shipped.

The stored numbers are the predictions of each float `.tflite` on a display of the
synthetic set, at every 24th row and 32nd column, as shipped on 2026-11-27
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
        [-10.798999786376953, -9.944999694824219, -11.501999855041504, -9.744000434875488],
        [-9.739999771118164, -9.088000297546387, -10.972999572753906, -10.515999794006348],
        [-10.105999946594238, -9.241999626159668, -10.402999877929688, -10.156000137329102],
        [-9.392000198364258, -9.352999687194824, -9.875, -9.800000190734863],
        [-9.727999687194824, -9.954000473022461, -9.527000427246094, -11.081000328063965],
        [-9.946999549865723, -10.857999801635742, -10.541999816894531, -11.510000228881836],
        [-12.562000274658203, -11.425999641418457, -12.717000007629395, -12.994000434875488],
    ],
    "salnet_distilled": [
        [-11.460000038146973, -9.970999717712402, -11.819000244140625, -10.510000228881836],
        [-9.881999969482422, -9.427000045776367, -11.020999908447266, -10.998000144958496],
        [-9.854999542236328, -9.543000221252441, -10.220000267028809, -10.42300033569336],
        [-8.904999732971191, -9.491000175476074, -9.902000427246094, -10.538999557495117],
        [-9.704000473022461, -10.161999702453613, -9.817999839782715, -12.133000373840332],
        [-9.413999557495117, -10.782999992370605, -10.722999572753906, -11.847000122070312],
        [-12.394000053405762, -11.222999572753906, -12.166000366210938, -13.668000221252441],
    ],
    "salnet_large": [
        [-11.074999809265137, -9.920999526977539, -12.03499984741211, -10.338000297546387],
        [-9.913000106811523, -9.425999641418457, -11.232999801635742, -11.005000114440918],
        [-10.281000137329102, -9.706000328063965, -10.458000183105469, -10.395999908447266],
        [-9.128999710083008, -9.843000411987305, -10.008000373840332, -10.218999862670898],
        [-9.79800033569336, -10.345000267028809, -9.727999687194824, -12.199000358581543],
        [-9.467000007629395, -10.704000473022461, -10.729999542236328, -11.609000205993652],
        [-12.263999938964844, -11.196000099182129, -12.25100040435791, -13.420000076293945],
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
