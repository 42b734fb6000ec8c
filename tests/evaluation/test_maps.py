"""A set of maps is scored by what maps have: CC, SIM, KL; scores of fixations are not for it."""

import dataclasses

import numpy as np
import pytest

from salnet_tf.evaluation import evaluate, stimuli, verification


@pytest.fixture
def config(map_data_dir, map_folder, tmp_path):
    return evaluate.EvaluateConfig(
        output_dir=str(tmp_path),
        predictions_dir=str(map_folder / "maps"),
        dataset="map_folder/drawn",
        data_dir=map_data_dir,
    )


def test_a_map_scored_by_itself_is_right_and_fixations_are_not_asked_for(config, map_folder):
    result = evaluate.evaluate(config)
    assert set(result.values["maps"]) == {"cc", "sim", "kld"}
    assert np.min(result.values["maps"]["cc"]) > 0.999
    assert np.max(result.values["maps"]["kld"]) < 1e-3
    assert "gold_standard" not in result.values
    assert np.all(result.values["centre_bias"]["cc"] < 0.9)
    assert any("not for maps" in note for note in result.notes)
    folder = dataclasses.replace(
        config, dataset="", data_dir=None, fixations_dir=str(map_folder), baselines=()
    )
    again = evaluate.evaluate(folder)
    assert np.min(again.values["maps"]["cc"]) > 0.9999


def test_scores_of_fixations_alone_are_refused(config):
    with pytest.raises(ValueError, match=r"NSS, AUC and IG are not for maps.*Received: nss, auc$"):
        evaluate.evaluate(dataclasses.replace(config, metrics=("nss", "auc")))


def test_a_folder_s_image_without_a_map_is_left_out(map_folder, tmp_path):
    for name in ("images", "maps"):
        (tmp_path / name).mkdir()
        for path in (map_folder / name).glob("[01].*"):
            if name == "images" or path.stem == "0":
                (tmp_path / name / path.name).write_bytes(path.read_bytes())
    found = stimuli.from_folder(tmp_path)
    assert [s.image_id for s in found.images] == ["0.png"]
    assert found.left_out == {"1.png": "its map is missing"}


def test_it_is_verified_and_drawn(map_data_dir, tmp_path):
    report, faults = verification.verify(
        verification.VerifyConfig("map_folder/drawn", map_data_dir, str(tmp_path))
    )
    assert not faults and report["images"] == 10 and not report["near_empty"]
    assert (tmp_path / "overlays.jpg").is_file() and (tmp_path / "mean_map.png").is_file()
