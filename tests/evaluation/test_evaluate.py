import csv
import json
import shutil
import subprocess
import sys

import numpy as np
import pandas
import pytest

from salnet_tf.evaluation import evaluate, scoring, stimuli


def write_maps(folder, kind, out):
    """Maps of another program: the truth's own blur ("good") or noise ("bad")."""
    out.mkdir()
    rng = np.random.default_rng(1)
    for stimulus in stimuli.from_folder(folder, "validation").images:
        y, x = np.indices(stimulus.size) + 0.5
        saliency = rng.random(stimulus.size) + 0.01
        if kind == "good":
            near = [np.exp(-((x - u) ** 2 + (y - v) ** 2) / 50) for u, v in stimulus.xy]
            saliency = np.sum(near, axis=0) + 1e-6
        np.save(out / f"{stimulus.image_id[:-4]}.npy", saliency)
    return out


@pytest.fixture(scope="module")
def good(folder, tmp_path_factory):
    return write_maps(folder, "good", tmp_path_factory.mktemp("maps") / "good")


def run(folder, out, **options):
    config = evaluate.EvaluateConfig(output_dir=str(out), fixations_dir=str(folder), **options)
    return evaluate.evaluate(config)


def test_every_output_has_every_row(folder, good, tmp_path):
    run(folder, tmp_path, predictions_dir=str(good))
    content = json.loads((tmp_path / "scores.json").read_text())
    rows = content["rows"]
    assert list(rows) == ["good", *scoring.BASELINES]
    nss = {row: rows[row]["scores"]["nss"]["mean"] for row in rows}
    assert nss["good"] > nss["gold_standard"] > nss["centre_bias"] > nss["uniform"] == 0
    assert rows["uniform"]["scores"]["auc"]["mean"] == 0.5
    assert rows["uniform"]["scores"]["auc_judd"]["mean"] == pytest.approx(0.5, abs=0.2)
    assert rows["centre_bias"]["scores"]["ig"]["mean"] == pytest.approx(0, abs=1e-9)
    assert rows["gold_standard"]["scores"]["cc"]["mean"] is None
    assert content["conventions"]["ground-truth sigma"].startswith("2.4 to 3.6 px")
    with (tmp_path / "scores.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [line["image"] for line in table] == ["5.png", "6.png", "7.png"]
    mean = np.mean([float(line["good:nss"]) for line in table])
    assert mean == pytest.approx(nss["good"])
    for name in ("scores.md", "report.html"):
        text = (tmp_path / name).read_text()
        assert all(row in text for row in rows) and "bandwidth" in text and "sAUC negatives" in text
    page = (tmp_path / "report.html").read_text()
    assert "http" not in page.replace("http://www.w3.org", "") and page.count("<figure>") == 4


def test_bad_maps_and_images_are_named_and_the_rest_is_scored(folder, good, tmp_path):
    images, maps = tmp_path / "set", tmp_path / "maps"
    shutil.copytree(folder, images)
    shutil.copytree(good, maps)
    (images / "images" / "5.png").write_bytes(b"broken")
    fixations = pandas.read_csv(images / "fixations.csv")
    fixations = fixations[fixations["image"] != "3.png"]
    fixations.loc[0, "x"] = 5000
    fixations.to_csv(images / "fixations.csv", index=False)
    (images / "splits.csv").unlink()
    for k in (0, 1, 4):
        size = ((90, 120), (80, 60))[k % 2]
        np.save(maps / f"{k}.npy", np.ones(size))
    np.save(maps / "6.npy", np.full((90, 120), np.nan))
    (maps / "7.npy").write_bytes(b"broken")
    np.save(maps / "stranger.npy", np.ones((90, 120)))
    result = run(images, tmp_path / "out", predictions_dir=str(maps), baselines=("uniform",))
    reasons = {(row, image): reason for row, image, reason in result.left_out}
    assert set(reasons) == {
        ("all", "3.png"),
        ("all", "5.png"),
        ("maps", "2.png"),
        ("maps", "6.png"),
        ("maps", "7.png"),
    }
    assert reasons["all", "3.png"] == "it has no fixation"
    assert "cannot be decoded" in reasons["all", "5.png"]
    assert "has no map for it" in reasons["maps", "2.png"]
    assert "NaN" in reasons["maps", "6.png"]
    assert "7.npy cannot be read" in reasons["maps", "7.png"]
    content = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert content["rows"]["maps"]["left_out"] == 5 and content["rows"]["uniform"]["left_out"] == 2
    assert content["rows"]["maps"]["scores"]["auc"]["n"] == 3
    assert content["rows"]["uniform"]["scores"]["auc"]["n"] == 6
    for name in ("scores.md", "report.html", "scores.csv", "scores.json"):
        text = (tmp_path / "out" / name).read_text()
        assert "3.png" in text and "it has no fixation" in text and "has no map for it" in text
    for name in ("scores.md", "report.html"):
        text = (tmp_path / "out" / name).read_text()
        assert "Left out: 5" in text and "1 fixations that lie on no pixel" in text
        assert "stranger.npy" in text and "leave one image out" in text


def test_a_split_of_one_image_has_no_shuffled_auc(folder, good, tmp_path):
    result = run(folder, tmp_path, predictions_dir=str(good), limit=1)
    assert all(np.isnan(each["sauc"]).all() for each in result.values.values())
    assert not np.isnan(result.values["good"]["auc"]).any()
    assert any("no negatives" in note for note in result.notes)
    assert "no negatives" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(("limit", "cut"), [(None, False), (5, False), (3, True)])
def test_a_limit_that_cuts_the_split_is_said_of_all_that_comes_of_it(folder, tmp_path, limit, cut):
    options = {"metrics": ("nss",), "baselines": ("centre_bias", "gold_standard")}
    result = run(folder, tmp_path, split="train", limit=limit, **options)
    said = [result.conventions[name] for name in ("sAUC negatives", "IG baseline")]
    for text in (*said, *result.rows.values()):
        assert ("the 3 images scored (limit)" in text) == cut
    assert all(("images of th" in text and "split" in text) != cut for text in said)


def test_a_limit_that_cuts_a_prepared_split_is_known(data_dir):
    count = len(stimuli.from_prepared("fixation_table/drawn", "validation", data_dir).images)
    for limit, cut in ((None, False), (count, False), (count - 1, True)):
        found = stimuli.from_prepared("fixation_table/drawn", "validation", data_dir, limit=limit)
        assert found.limited == cut


def test_two_models_are_compared_image_by_image(folder, good, tmp_path):
    from salnet_tf.evaluation import report, results

    metrics = ("nss", "kld")
    result = run(folder, tmp_path, predictions_dir=str(good), metrics=metrics, baselines=())
    result.values["other"] = {name: values - 1 for name, values in result.values["good"].items()}
    result.calibration["other"] = result.calibration["good"]
    result.rows["other"] = "the same, one less"
    paired = results.comparison(result)["metrics"]
    assert paired["nss"]["mean"] == pytest.approx(1) and paired["nss"]["won"] == 1
    assert paired["kld"]["mean"] == pytest.approx(1) and paired["kld"]["won"] == 0
    report.write(result, {})
    assert "## Paired comparison" in (tmp_path / "scores.md").read_text()


def test_the_other_protocols_say_so(folder, good, tmp_path):
    options = {"predictions_dir": str(good), "prediction_kind": "fixation_density"}
    result = run(folder, tmp_path, convention="mit", **options)
    text = (tmp_path / "scores.md").read_text()
    assert "prediction kind: fixation_density" in text and "sample standard deviation" in text
    assert result.values["good"]["nss"].min() > 0
    first = run(folder, tmp_path / "again", convention="mit", **options)
    for row, each in result.values.items():
        for name, values in each.items():
            np.testing.assert_array_equal(values, first.values[row][name])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "Give either dataset or fixations_dir. Received: dataset='', fixations_dir=''"),
        ({"dataset": "osie"}, "dataset needs data_dir. Received: dataset='osie'"),
        ({"fixations_dir": "x", "model": "a", "compare_to": "a"}, "must be another model.*'a'"),
        ({"fixations_dir": "x", "model": "r/a", "compare_to": "r/a/./"}, "another model.*'r/a/./'"),
        ({"fixations_dir": "x", "metrics": ("auc", "roc")}, "metrics must be of auc, .*'roc'"),
        ({"fixations_dir": "x", "baselines": ("gbvs",)}, "baselines must be of .*'gbvs'"),
        ({"fixations_dir": "x", "convention": "MIT"}, "convention must be of .*'MIT'"),
        ({"fixations_dir": "x", "prediction_kind": "log"}, "prediction_kind must be of .*'log'"),
        ({"fixations_dir": "x", "sigma": float("nan")}, "sigma must be .* above 0. Received: nan"),
        ({"fixations_dir": "x", "metrics": ()}, "metrics must name one score or more"),
        ({"fixations_dir": "x", "baselines": ()}, "must be a model, maps or a baseline"),
    ],
)
def test_a_wrong_configuration_is_one_sentence(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        evaluate.EvaluateConfig(output_dir="out", **options)


def test_a_wrong_folder_is_one_sentence(folder, tmp_path):
    with pytest.raises(ValueError, match=r"There is no folder of images. Received: "):
        run(tmp_path, tmp_path / "out")
    with pytest.raises(ValueError, match=r"has the splits train, validation. Received: 'test'"):
        run(folder, tmp_path / "out", split="test")
    (tmp_path / "images").mkdir()
    with pytest.raises(ValueError, match=r"holds no image. Received: "):
        run(tmp_path, tmp_path / "out")


@pytest.mark.parametrize("below", ["", "in/it"])
def test_an_output_folder_that_is_a_file_is_refused_before_a_model_is_loaded(tmp_path, below):
    (tmp_path / "out").write_text("kept")
    with pytest.raises(ValueError, match=r"output_dir must be a folder. Received: .*out is a file"):
        run(tmp_path / "nowhere", tmp_path / "out" / below, model="no such model")
    assert (tmp_path / "out").read_text() == "kept"


def test_maps_of_other_images_are_one_sentence(folder, good, tmp_path):
    (tmp_path / "maps").mkdir()
    np.save(tmp_path / "maps" / "other.npy", np.ones((90, 120)))
    with pytest.raises(ValueError, match=r"maps can be scored on no image. Received: 7.png: "):
        run(folder, tmp_path / "out", predictions_dir=str(tmp_path / "maps"), metrics=("cc",))
    assert not (tmp_path / "out").exists()


def test_a_table_without_observers_has_no_gold_standard(folder, good, tmp_path):
    (tmp_path / "set").mkdir()
    for name in ("images", "splits.csv"):
        (tmp_path / "set" / name).symlink_to(folder / name)
    table = (
        pandas.read_csv(folder / "fixations.csv")
        .drop(columns=["observer", "order"])
        .astype({"x": str})
    )
    table.loc[table["image"] == "5.png", "x"] = ["abc", *table["x"][table["image"] == "5.png"][1:]]
    table.to_csv(tmp_path / "set" / "fixations.csv", index=False)
    result = run(tmp_path / "set", tmp_path / "out", predictions_dir=str(good), metrics=("nss",))
    assert "gold_standard" not in result.rows and "centre_bias" in result.rows
    assert "1 fixations that lie on no pixel" in result.notes[0]
    assert "no gold standard" in result.notes[1]


@pytest.mark.slow
def test_the_command_prints_the_table(folder, good, tmp_path):
    command = [sys.executable, "-m", "trainers.evaluate", f"--fixations_dir={folder}"]
    command += [f"--predictions_dir={good}", f"--output_dir={tmp_path}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[1].startswith("good ")
    failed = subprocess.run([*command, "--split=none"], capture_output=True, text=True)
    assert failed.returncode == 2
    assert failed.stderr.strip().startswith("error: ") and "Received: 'none'" in failed.stderr


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "split", "ceiling"),
    [
        ("osie", "validation", (0.934, 3.63)),
        ("eyecrowd", "validation", (0.874, 2.38)),
        ("scene500", "validation", (0.860, 2.15)),
        ("pascal_s", "test", (0.905, 2.65)),
    ],
)
def test_leave_one_observer_out_on_real_sets(shared_datasets, name, split, ceiling):
    """The figures of the field: 80x60 grid, Gaussian of 2.2 cells, no centre bias mixed in."""
    from salnet_tf.evaluation import gold_standard, scoring

    size, found = (60, 80), []
    images = stimuli.from_folder(shared_datasets / name, split, limit=60).images
    for stimulus in images:
        xy = stimulus.relative_xy * size[::-1]
        small = stimuli.Stimulus("", b"", size, xy, stimulus.observers, 2.2)
        truth = scoring.Truth(small, np.zeros((0, 2)), np.full(size, 1 / 4800))
        gold = gold_standard.GoldStandard(1.0, (1.0, 0.0, 0.0), 0.0)
        densities = gold.densities(small, truth.centre)
        found.append(scoring.score_observers(truth, densities, ["auc", "nss"]))
    auc, nss = (np.mean([each[name] for each in found]) for name in ("auc", "nss"))
    assert auc == pytest.approx(ceiling[0], abs=0.01)
    assert nss == pytest.approx(ceiling[1], rel=0.1)
