import csv
import dataclasses
import json
import pathlib
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from salnet_tf.training import config as config_lib
from salnet_tf.training import loop


@pytest.fixture
def make(settings):
    return lambda **changes: config_lib.TrainConfig(**{**settings, **changes})


def weights(path):
    return keras.saving.load_model(path).get_weights()


def test_a_run_leaves_everything_and_learns(finished_run):
    config, result, losses = finished_run
    run = pathlib.Path(config.workdir)
    for name in ("config.json", "environment.json", "scores.csv", "best.keras", "last.keras"):
        assert (run / name).is_file(), name
    rows = list(csv.DictReader((run / "scores.csv").read_text().splitlines()))
    assert len(rows) == 6 and rows[-1]["step"] == "24"
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    means = np.reshape(losses, (6, 2)).mean(1)  # an epoch is two calls of two steps
    np.testing.assert_allclose([float(row["loss"]) for row in rows], means, atol=1e-5)
    assert result["best"] == pytest.approx(max(float(r["mean:cc"]) for r in rows), abs=1e-5)
    assert list((run / "tensorboard").glob("events.*"))


def test_a_finished_run_started_again_changes_nothing_but_of_other_data_is_refused(
    finished_run, tmp_path, monkeypatch
):
    run, config = tmp_path / "run", finished_run[0]
    shutil.copytree(config.workdir, run)
    config = dataclasses.replace(config, workdir=str(run))
    before = [(run / name).read_text() for name in ("scores.csv", "environment.json")]
    assert loop.train(config)["step"] == 24
    load = loop.data.image_sets

    def another(*arguments):
        return [dataclasses.replace(t, digests=t.digests[::-1]) for t in load(*arguments)]

    monkeypatch.setattr(loop.data, "image_sets", another)
    with pytest.raises(ValueError, match=r"other data; choose another workdir\. Received: "):
        loop.train(config)
    assert before == [(run / name).read_text() for name in ("scores.csv", "environment.json")]


def test_more_outputs_are_trained_and_not_kept(make, head_alone):
    """`extra`: the loss has them, best.keras does not, config.json says what they are."""

    class Extra:
        def __init__(self):
            self.identity = {"extra": "the mean"}

        def attach(self, model, loss):
            mean = keras.layers.Dense(1, name="extra")(
                keras.layers.GlobalAveragePooling2D()(model.output)
            )
            self.trained = keras.Model(model.input, [model.output, mean])
            self.loss = loss
            return self.trained, self

        def call(self, batch, outputs):
            logits, mean = outputs
            return self.loss.call(batch, logits) + keras.ops.square(mean[:, 0] - 3.0)

    extra, config = Extra(), make(epochs=1, steps_per_call=4, learning_rate=0.1, **head_alone)
    assert loop.train(config, extra=extra)["step"] == 4
    assert extra.trained.get_layer("extra").bias.numpy()[0] > 0.05
    run = pathlib.Path(config.workdir)
    assert len(keras.saving.load_model(run / "best.keras").outputs) == 1
    assert json.loads((run / "config.json").read_text())["extra"] == "the mean"
    with pytest.raises(ValueError, match=r"differs in extra"):
        loop.train(config)


@pytest.mark.slow
def test_same_seed_same_weights_bit_for_bit(make, tmp_path):
    for name in ("a", "b"):
        loop.train(make(workdir=str(tmp_path / name)))
    for a, b in zip(
        weights(tmp_path / "a/last.keras"), weights(tmp_path / "b/last.keras"), strict=True
    ):
        np.testing.assert_array_equal(a, b)


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
        loop.train(make(loss="kld:1e38", **head_alone))


@pytest.mark.slow
def test_bfloat16_trains(make):
    try:
        assert np.isfinite(
            loop.train(make(precision="mixed_bfloat16", epochs=1, warmup_epochs=0.0))["best"]
        )
    finally:
        keras.mixed_precision.set_dtype_policy("float32")


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
