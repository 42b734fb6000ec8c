import cv2
import numpy as np
import pytest

from benchmarks import prediction


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    for i in range(3):
        cv2.imwrite(str(folder / f"{i}.jpg"), noise)
    return folder


def test_a_folder_is_timed_and_leaves_nothing(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(prediction, "_CALLS", 2)
    monkeypatch.setattr(prediction, "_PHOTOS", 2)
    out = tmp_path / "new" / "out"
    config = prediction.SpeedConfig(str(photos), turns=1, output_dir=str(out))
    result = prediction.measure(config)
    assert result["photos"] == 2
    assert [row["formats"] for row in result["rows"]] == list(prediction.FORMATS)
    for row in result["rows"]:
        assert len(row["parts"]) == len(prediction.PARTS) and min(row["parts"]) > 0
        assert row["share"] == pytest.approx(row["alone"] / row["folder"])
        network = row["parts"][prediction.PARTS.index("network")]
        assert row["bound"] == pytest.approx(network * result["cpus"] / sum(row["parts"]))
    assert not list(out.iterdir())


def test_the_table_says_where_the_target_is_reached():
    row = {"alone": 2.0, "folder": 2.5, "share": 0.8, "parts": [1.0] * 5, "bound": 0.9}
    rows = [{"formats": ("npy",), **row}, {"formats": ("map",), **row, "share": 0.95}]
    text = prediction.markdown({"photos": 3, "cpus": 2, "rows": rows})
    assert "3 photos, 2 CPUs" in text
    assert "| 0.80 no | 0.90 |" in text and "| 0.95 yes | 0.90 |" in text


def test_start_up_is_timed_by_stage(photos):
    taken = prediction.start_up(str(photos / "0.jpg"), "salnet_distilled", turns=1)
    assert 0 < taken["Python alone"] < taken["first density"]
