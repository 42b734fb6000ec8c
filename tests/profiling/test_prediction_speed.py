import cv2
import numpy as np
import pytest

from salnet_tf.profiling import prediction_speed


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    for i in range(3):
        cv2.imwrite(str(folder / f"{i}.jpg"), noise)
    return folder


def test_a_folder_is_timed_and_leaves_nothing(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(prediction_speed, "_CALLS", 2)
    monkeypatch.setattr(prediction_speed, "_PHOTOS", 2)
    out = tmp_path / "new" / "out"
    config = prediction_speed.SpeedConfig(str(photos), turns=1, output_dir=str(out))
    result = prediction_speed.measure(config)
    assert result["photos"] == 2
    assert [row["formats"] for row in result["rows"]] == list(prediction_speed.FORMATS)
    for row in result["rows"]:
        assert len(row["parts"]) == len(prediction_speed.PARTS) and min(row["parts"]) > 0
        assert row["share"] == pytest.approx(row["alone"] / row["folder"])
        network = row["parts"][prediction_speed.PARTS.index("network")]
        assert row["bound"] == pytest.approx(network * result["cpus"] / sum(row["parts"]))
    assert not list(out.iterdir())


def test_the_table_says_where_the_target_is_reached():
    row = {"alone": 2.0, "folder": 2.5, "share": 0.8, "parts": [1.0] * 5, "bound": 0.9}
    rows = [{"formats": ("npy",), **row}, {"formats": ("map",), **row, "share": 0.95}]
    text = prediction_speed.markdown({"photos": 3, "cpus": 2, "rows": rows})
    assert "3 photos, 2 CPUs" in text
    assert "| 0.80 no | 0.90 |" in text and "| 0.95 yes | 0.90 |" in text


def test_start_up_is_timed_by_stage(photos):
    taken = prediction_speed.start_up(str(photos / "0.jpg"), "salnet_distilled", turns=1)
    assert 0 < taken["Python alone"] < taken["first density"]
