"""Training a teacher: readouts by fold on cached features, one file that serves."""

import csv
import dataclasses

import numpy as np
import pytest

from salnet_tf.serving import predictor
from salnet_tf.training import teacher, teacher_config

SET = "fixation_table/drawn"


@pytest.fixture
def config(tmp_path, data_dir, tiny_backbone):
    return teacher_config.TeacherConfig(
        workdir=str(tmp_path / "teacher"),
        data_dir=data_dir,
        datasets=(SET,),
        backbone=tiny_backbone,
        image_size=(64, 96),
        folds=2,
        readouts=1,
        width=16,
        thin=8,
        batch_size=4,
        epochs=6,
        learning_rate=1e-2,
    )


@pytest.mark.slow
def test_it_learns_and_its_file_serves_like_any_networks(config, tmp_path):
    scores = teacher.train(config)
    assert set(scores) == {"1", "all"}
    assert set(scores["1"]) == {f"validation {SET}", f"held out {SET}"}
    assert scores["1"][f"held out {SET}"]["cc"] > 0.4
    assert scores["all"][f"validation {SET}"]["cc"] > 0.4
    rows = list(csv.DictReader((tmp_path / "teacher" / "scores.csv").read_text().splitlines()))
    assert [row["step"] for row in rows] == ["1", "2"]
    image = np.full((30, 50, 3), 128, np.uint8)
    assert predictor.load(config.workdir).predict(image).shape == (30, 50)


@pytest.mark.slow
def test_a_run_goes_on_with_the_readouts_it_lacks(config, tmp_path, monkeypatch):
    config = dataclasses.replace(config, epochs=1)
    teacher.train(config)
    first = tmp_path / "teacher" / "readouts" / "1.weights.h5"
    written = first.stat().st_mtime_ns
    scores = teacher.train(dataclasses.replace(config, readouts=2))
    assert set(scores) == {"1", "2", "all"} and first.stat().st_mtime_ns == written
    with pytest.raises(ValueError, match="differs in learning_rate"):
        teacher.train(dataclasses.replace(config, learning_rate=1e-3))
    load = teacher.features.load

    def another(*arguments):
        return dataclasses.replace(load(*arguments), fingerprint="another")

    monkeypatch.setattr(teacher.features, "load", another)
    with pytest.raises(ValueError, match="learned from other data"):
        teacher.train(dataclasses.replace(config, readouts=3))
    assert not (tmp_path / "teacher" / "readouts" / "3.weights.h5").exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"image_size": (64, 80)}, r"Received: \(64, 80\)"),
        ({"datasets": ()}, "datasets must not be empty"),
        ({"folds": 0}, "folds must be at least 1"),
        ({"learning_rate": 0.0}, "learning_rate must be"),
        ({"seed": -1}, "seed must be"),
        ({"epochs": 0}, "epochs must be at least 1"),
    ],
)
def test_wrong_teachers_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        teacher_config.TeacherConfig(
            **{"workdir": "w", "data_dir": "d", "datasets": (SET,), **wrong}
        )
