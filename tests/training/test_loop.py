import csv
import dataclasses
import json
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from salnet_tf.training import config as config_lib
from salnet_tf.training import loop


@pytest.fixture
def make(tmp_path, data_dir, tiny_preset):
    def make_config(**changes):
        settings = {
            "workdir": str(tmp_path / "run"),
            "data_dir": data_dir,
            "datasets": ("fixation_table/drawn",),
            "model": tiny_preset,
            "image_size": (48, 64),
            "batch_size": 4,
            "epochs": 2,
            "warmup_epochs": 0.5,
            "steps_per_call": 2,
            "ema_momentum": 0.9,
            "final_scores": False,
            **changes,
        }
        return config_lib.TrainConfig(**settings)

    return make_config


def weights(path):
    return keras.saving.load_model(path).get_weights()


def test_a_run_leaves_everything_and_learns(make, tmp_path, monkeypatch):
    losses, add_loss = [], loop.checkpoints.Keeper.add_loss

    def noted(keeper, loss, steps):
        losses.append(loss)
        add_loss(keeper, loss, steps)

    monkeypatch.setattr(loop.checkpoints.Keeper, "add_loss", noted)
    config = make(epochs=6, learning_rate=1e-2)
    result = loop.train(config)
    run = tmp_path / "run"
    for name in ("config.json", "environment.json", "scores.csv", "best.keras", "last.keras"):
        assert (run / name).is_file(), name
    rows = list(csv.DictReader((run / "scores.csv").read_text().splitlines()))
    assert len(rows) == 6 and rows[-1]["step"] == "24"
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    means = np.reshape(losses, (6, 2)).mean(1)  # an epoch is two calls of two steps
    np.testing.assert_allclose([float(row["loss"]) for row in rows], means, atol=1e-5)
    assert result["best"] == pytest.approx(max(float(r["mean:cc"]) for r in rows), abs=1e-5)
    assert list((run / "tensorboard").glob("events.*"))


def test_few_photos_with_densities_are_one_sentence(make, monkeypatch):
    tables = loop.distillation.training_tables

    def few(*arguments):
        return [loop.table.subset(some, np.arange(3)) for some in tables(*arguments)]

    monkeypatch.setattr(loop.distillation, "training_tables", few)
    with pytest.raises(ValueError, match=r"there are 3\. Received: 4 x 1"):
        loop.train(make())


@pytest.mark.slow
def test_same_seed_same_weights_bit_for_bit(make, tmp_path):
    for name in ("a", "b"):
        loop.train(make(workdir=str(tmp_path / name)))
    for a, b in zip(
        weights(tmp_path / "a/last.keras"), weights(tmp_path / "b/last.keras"), strict=True
    ):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_finished_run_started_again_changes_nothing(make, tmp_path):
    loop.train(make())
    before = (tmp_path / "run/scores.csv").read_text()
    assert loop.train(make())["step"] == 8
    assert (tmp_path / "run/scores.csv").read_text() == before


def test_a_finished_run_of_other_data_is_refused(make, head_alone, tmp_path, monkeypatch):
    config = make(epochs=1, warmup_epochs=0.0, steps_per_call=4, **head_alone)
    loop.train(config)
    before = (tmp_path / "run/environment.json").read_text()
    load = loop.distillation.training_tables

    def another(*arguments):
        return [dataclasses.replace(t, digests=t.digests[::-1]) for t in load(*arguments)]

    assert loop.train(config)["step"] == 4
    monkeypatch.setattr(loop.distillation, "training_tables", another)
    with pytest.raises(ValueError, match=r"other data; choose another workdir\. Received: "):
        loop.train(config)
    assert (tmp_path / "run/environment.json").read_text() == before


@pytest.mark.slow
def test_accumulation_takes_the_batches_of_a_larger_batch(make, tmp_path):
    """With frozen normalisation, two batches of four are one of eight."""
    loop.train(make(workdir=str(tmp_path / "source"), epochs=1, warmup_epochs=0.0))
    common = {
        "init_from": str(tmp_path / "source"),
        "freeze": ("stem", "module"),
        "photometric": 0.0,
        "mirror": False,
        "epochs": 1,
        "warmup_epochs": 0.0,
    }
    loop.train(make(workdir=str(tmp_path / "one"), batch_size=8, **common))
    loop.train(make(workdir=str(tmp_path / "two"), batch_size=4, accumulation=2, **common))
    for a, b in zip(
        weights(tmp_path / "one/last.keras"), weights(tmp_path / "two/last.keras"), strict=True
    ):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.slow
def test_early_stopping_ends_the_run(make, tmp_path):
    result = loop.train(
        make(
            epochs=10,
            learning_rate=1e-12,
            early_stopping=2,
            schedule="plateau",
            warmup_epochs=0.0,
            plateau_patience=1,
        )
    )
    assert result["step"] < 40


def test_a_diverging_loss_is_one_sentence(make, head_alone):
    with pytest.raises(FloatingPointError, match=r"The loss is nan.*lower learning_rate"):
        loop.train(
            make(
                learning_rate=1e30,
                clip_norm=0.0,
                schedule="constant",
                warmup_epochs=0.0,
                weight_decay=0.0,
                epochs=9,
                **head_alone,
            )
        )


@pytest.mark.slow
def test_bfloat16_trains(make):
    try:
        assert np.isfinite(
            loop.train(make(precision="mixed_bfloat16", epochs=1, warmup_epochs=0.0))["best"]
        )
    finally:
        keras.mixed_precision.set_dtype_policy("float32")


def test_a_set_that_nobody_looked_at_is_refused(make, monkeypatch):
    load = loop.distillation.training_tables

    def unseen(*arguments):
        tables = load(*arguments)
        return [dataclasses.replace(t, weights=np.zeros_like(t.weights)) for t in tables]

    monkeypatch.setattr(loop.distillation, "training_tables", unseen)
    with pytest.raises(ValueError, match=r"No photo has a fixation. Received: .*/drawn, split tr"):
        loop.train(make())


def test_a_validation_split_that_nobody_looked_at_is_refused(make, tmp_path, monkeypatch):
    load = loop.table.load

    def unseen(name, split, *arguments, **settings):
        found = load(name, split, *arguments, **settings)
        weights = np.zeros_like(found.weights) if split == "validation" else found.weights
        return dataclasses.replace(found, weights=weights)

    monkeypatch.setattr(loop.table, "load", unseen)
    with pytest.raises(ValueError, match=r"has a fixation. Received: .*/drawn, split validation$"):
        loop.train(make())
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_final_scores_have_the_sigma_of_the_run_and_are_whole(make):
    config = make(epochs=1, warmup_epochs=0.0, final_scores=True, sigma=("9px",))
    loop.train(config)
    folder = pathlib.Path(config.workdir, "final_scores", "fixation_table-drawn")
    scores = json.loads((folder / "scores.json").read_text())
    assert scores["conventions"]["ground-truth sigma"].startswith("9 px")
    # Killed before the last file was written: what lacks is made.
    (folder / "scores.json").unlink()
    (folder / "scores.md").unlink()
    loop.train(config)
    assert (folder / "scores.md").exists() and json.loads((folder / "scores.json").read_text())


@pytest.mark.slow
def test_a_workdir_need_not_be_a_local_folder(make, tmp_path, monkeypatch):
    """`ram://` stands in for `gs://`: a run reads and writes through `tf.io.gfile` alone."""
    monkeypatch.chdir(tmp_path)
    changes = {"epochs": 1, "warmup_epochs": 0.0, "final_scores": True}
    first, second = "ram://bucket/first", "ram://bucket/second"
    loop.train(make(workdir=first, **changes))
    assert loop.train(make(workdir=first, **changes))["step"] == 4
    loop.train(make(workdir=second, init_from=first, freeze=("stem",), **changes))
    for name in ("config.json", "scores.csv", "last.keras", "checkpoints/checkpoint"):
        assert tf.io.gfile.exists(f"{second}/{name}"), name
    assert tf.io.gfile.exists(f"{second}/final_scores/fixation_table-drawn/report.html")
    assert not list(tmp_path.iterdir())
