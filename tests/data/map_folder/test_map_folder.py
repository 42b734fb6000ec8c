"""A folder of images and maps becomes a set; what is left out is named."""

import pathlib
import shutil

import cv2
import numpy as np
import pytest

from data import drop_report, prepare
from data.map_folder import map_folder_dataset_builder as builder
from salnet_tf.images import map_files
from salnet_tf.pipeline import prepared


def _prepare(source, where, name="own"):
    return prepare.prepare("map_folder", where, builder.MapConfig(name=name, source=source))


def test_maps_of_every_format_are_what_is_prepared(map_folder, map_data_dir):
    found = {
        example.image_id: example
        for split in ("train", "validation")
        for example in prepared.examples("map_folder/drawn", split, map_data_dir)
    }
    assert len(found) == 10
    for image_id, example in found.items():
        (path,) = (map_folder / "maps").glob(f"{pathlib.Path(image_id).stem}.*")
        expected = map_files.read_map(path).astype(np.float64)
        assert example.saliency_map.shape == expected.shape and not len(example.xy)
        np.testing.assert_allclose(example.saliency_map, expected / expected.max(), atol=1e-5)


def test_what_is_left_out_is_named_and_a_picture_drawn(map_folder, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(map_folder, source)
    (source / "maps" / "0.png").unlink()
    (source / "splits.csv").write_text("image,split\n0.png,train\n1.png,train\n2.png,train\n")
    made, path = _prepare(source, tmp_path / "data")
    assert made.info.splits["train"].num_examples == 2 and (path / "first_images.png").is_file()
    counts = made.info.metadata["built"]["dropped"]
    assert counts[drop_report.NO_MAP]["images"] == 1
    assert counts[drop_report.NO_SPLIT]["images"] == 7


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (np.zeros((60, 80), np.uint8), "its map is 0 everywhere"),
        (np.full((60, 30), 9, np.uint8), "another aspect ratio"),
        (np.eye(60, 80, dtype=np.uint8)[..., None] * np.uint8([9, 90, 250]), "a coloured picture"),
    ],
)
def test_a_map_that_is_none_stops_the_build(map_folder, tmp_path, written, said):
    source = tmp_path / "source"
    shutil.copytree(map_folder, source)
    cv2.imwrite(str(source / "maps" / "0.png"), written)
    with pytest.raises(ValueError, match=rf"0\.png \(.*{said}"):
        _prepare(source, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_folder_without_maps_is_refused(tmp_path, map_folder):
    shutil.copytree(map_folder / "images", tmp_path / "images")
    (tmp_path / "maps").mkdir()
    with pytest.raises(ValueError, match=r"file in the folder\. Received: .*maps"):
        _prepare(tmp_path, tmp_path / "data")
