import csv
import json

import numpy as np
import pytest

from salnet_tf.evaluation import evaluate, stimuli


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
    assert list(rows) == ["good", *evaluate.BASELINES]
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
