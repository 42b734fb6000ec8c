"""What is counted, what is a fault, and that the pictures show it."""

import dataclasses
import json
import pathlib
import shutil

import cv2
import numpy as np
import pytest

from salnet_tf.evaluation import verification
from salnet_tf.pipeline import prepared


def _verify(data_dir, tmp_path, **config):
    return verification.verify(
        verification.VerifyConfig("fixation_table/drawn", str(data_dir), str(tmp_path), **config)
    )


@pytest.fixture
def tampered(data_dir, tmp_path):
    """A function: what published counts say -> a copy of the prepared set that says so."""

    def tamper(**published):
        copy = tmp_path / "tampered"
        shutil.copytree(data_dir, copy)
        path = next(copy.rglob("metadata.json"))
        metadata = json.loads(path.read_text())
        path.write_text(json.dumps({**metadata, "published": published}))
        return copy

    return tamper


def test_a_sound_set_has_no_fault_and_is_drawn(data_dir, tmp_path):
    report, faults = _verify(data_dir, tmp_path)
    assert faults == []
    assert report["images"] == 20
    assert report["splits"] == {"train": 16, "validation": 4}
    assert report["observers"] == 3
    assert report["fixations"] == 240
    assert report["fixations_per_image"] == {"least": 12, "median": 12, "most": 12}
    assert json.loads((tmp_path / "verification.json").read_text()) == report
    assert cv2.imread(str(tmp_path / "overlays.jpg")).shape == (480, 1280, 3)
    assert cv2.imread(str(tmp_path / "mean_map.png")).max() > 200
    assert "20 images (train 16, validation 4), 3 observers" in verification.summary(report)


def test_counts_that_differ_from_the_published_ones_are_faults(tampered, tmp_path):
    published = {"images": 21, "observers": 3, "fixations": 239, "splits": {"train": 15}}
    _, faults = _verify(tampered(**published), tmp_path)
    assert faults == [
        "images published must be 21. Received: 20",
        "fixations published, with those left out must be 239. Received: 240",
        "images of train published must be 15. Received: 16",
    ]


def test_near_empty_images_are_listed_and_no_fault(data_dir, tmp_path):
    report, faults = _verify(data_dir, tmp_path, near_empty=13)
    assert len(report["near_empty"]) == 20
    assert faults == []


def _example(xy, image=None):
    png = cv2.imencode(".png", np.zeros((60, 80, 3), np.uint8))[1].tobytes()
    x, y = np.reshape(xy, (-1, 2)).astype(np.float32).T
    ones = np.arange(len(x), dtype=np.int32)
    fixations = {"x": x, "y": y, "observer": ones, "order": 0 * ones, "duration": 0 * x}
    return prepared.Example("a", png if image is None else image, fixations, 2.4)


def test_bounds_and_centre_are_those_of_the_image():
    findings = verification.Findings()
    xy = [[40, 30], [47.9, 35.9], [48.1, 30], [80, 30], [5, 60], [np.nan, 5]]
    verification._look(_example(xy), "train", findings, 5, False)
    assert (findings.firsts, findings.central, findings.outside) == (6, 2, 3)
    np.testing.assert_allclose(findings.mean_map.sum(), 1, rtol=1e-5)


def test_an_image_that_does_not_decode_is_a_fault():
    findings = verification.Findings()
    verification._look(_example([[1, 1]], image=b"damaged"), "train", findings, 5, True)
    assert verification._faults(findings, {}, {"train": 1}) == ["images must decode. Received: a"]


def test_one_photo_in_two_splits_is_a_fault_whatever_its_file():
    findings, black = verification.Findings(), np.zeros((60, 80, 3), np.uint8)
    looks = [("train", "a", ".png"), ("train", "b", ".png"), ("test", "c", ".bmp")]
    for split, name, suffix in looks:
        example = _example([[1, 1]], cv2.imencode(suffix, black)[1].tobytes())
        example = dataclasses.replace(example, image_id=name)
        verification._look(example, split, findings, 5, False)
    turned = cv2.imencode(".png", black.reshape(80, 60, 3))[1].tobytes()
    verification._look(_example([[1, 1]], turned), "test", findings, 5, False)
    assert verification._faults(findings, {}, {"train": 2, "test": 2}) == [
        "images must be in one split only. Received: train a and test c"
    ]


def test_the_overlay_shows_dot_and_heat_where_somebody_looked():
    tile = verification._overlay(np.zeros((120, 160, 3), np.uint8), np.array([[40.0, 90.0]]), 4.0)
    assert tile.shape == (*verification.TILE, 3)
    assert tuple(tile[180, 80]) == (255, 230, 0)
    assert tile[180, 80 + 8].max() > 60  # heat, one sigma away
    assert tile[60, 240].max() < 20


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "images", "fixations"),
    [("osie", 600, 84392), ("eyecrowd", 500, 126345), ("scene500", 500, 43894),
     ("pascal_s", 850, 40314)],
)  # fmt: skip
def test_real_sets_are_complete(shared_datasets, tmp_path, name, images, fixations):
    from data import prepare
    from data.fixation_table import fixation_table_dataset_builder

    config = fixation_table_dataset_builder.TableConfig(name=name, source=shared_datasets / name)
    prepare.prepare("fixation_table", tmp_path, config)
    report, faults = verification.verify(
        verification.VerifyConfig(f"fixation_table/{name}", str(tmp_path), str(tmp_path / "out"))
    )
    assert faults == []
    assert (report["images"], report["fixations"]) == (images, fixations)
    assert pathlib.Path(tmp_path / "out" / "overlays.jpg").is_file()
