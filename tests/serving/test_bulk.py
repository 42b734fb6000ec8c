"""Bulk prediction without an engine: rows equal the folder command's, whole blocks, only once."""

import csv
import json
import os

import cv2
import numpy as np
import pytest

from salnet_tf.images import crop
from salnet_tf.serving import areas, bulk, photos, predictor, results, sources

pyarrow = pytest.importorskip("pyarrow", reason="rows need pyarrow")
dataset = pytest.importorskip("pyarrow.dataset")
parquet = pytest.importorskip("pyarrow.parquet")

_SHAPES = (crop.parse_shape("1:1"),)
_AREAS = {"*": [areas.Area("corner", (0, 0, 20, 20))]}


@pytest.fixture(scope="module")
def network():
    return predictor.load("salnet_small")


@pytest.fixture
def inputs(tmp_path):
    """Five photos, and a file that is none."""
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    generator = np.random.default_rng(0)
    for name in ("a.jpg", "b.png", "c.png", "sub/a.jpg", "sub/d.png"):
        cv2.imwrite(str(folder / name), generator.integers(0, 256, (60, 80, 3), np.uint8))
    (folder / "bad.jpg").write_text("no image")
    return folder


@pytest.fixture
def config(tmp_path):
    result = results.ResultConfig(
        formats=("npy",), table="parquet", crops=_SHAPES, areas=_AREAS, max_size=64
    )
    return bulk.BulkConfig(str(tmp_path / "out"), "salnet_small", result, grid=(3, 4), block_size=4)


def _write(blocks, network, config):
    for block in blocks:
        bulk.write_block([bulk.Record(path) for path in block], network, config)


def _rows(config):
    return dataset.dataset(os.path.join(config.output_dir, "rows")).to_table().to_pylist()


def test_rows_are_those_of_the_folder_command(inputs, network, config, tmp_path):
    paths = bulk.find(str(inputs))
    bulk.prepare(config)
    _write(bulk.missing(paths, config), network, config)
    found = {row["path"]: row for row in _rows(config)}
    result = results.ResultConfig(
        formats=("npy",), table="csv", crops=_SHAPES, areas=_AREAS, max_size=64
    )
    folder = photos.PhotoConfig(str(tmp_path / "folder"), result)
    listed = sources.find([str(inputs)], folder.output_dir, recursive=True).photos
    _, failures = photos.predict(listed, network, folder)
    with open(tmp_path / "folder" / "photos.csv", newline="") as file:
        expected = {row.pop("image"): row for row in csv.DictReader(file)}
    assert set(expected) | set(failures) == set(paths) == set(found)
    for path, row in expected.items():
        assert {name: str(found[path][name]) for name in row} == row
        density = np.array(found[path]["density"])
        assert density.shape == (12,) and density.mean() == pytest.approx(1, abs=1e-3)
        assert found[path]["areas"][0]["name"] == "corner" and found[path]["error"] is None
        assert found[path]["peaks"][0]["x"] == found[path]["peak_x"]
    assert found[str(inputs / "bad.jpg")]["error"] == failures[str(inputs / "bad.jpg")]
    own = next((tmp_path / "out" / "files").rglob("sub/d_png.npy"))
    np.testing.assert_array_equal(np.load(own), np.load(tmp_path / "folder/sub/d.npy"))


def test_what_is_missing_falls_into_the_same_blocks_and_no_photo_comes_twice(
    inputs, network, config
):
    paths = bulk.find(str(inputs))
    bulk.prepare(config)
    blocks = bulk.missing(paths, config)
    assert list(map(len, blocks)) == [4, 2]
    _write(blocks[1:], network, config)
    bulk.prepare(config)
    assert bulk.missing(paths, config) == blocks[:1]
    _write([*blocks[:1], *blocks], network, config)  # as an engine does that lost a process
    assert sorted(row["path"] for row in _rows(config)) == sorted(paths)
    assert bulk.missing(paths, config) == []


def test_a_folder_of_other_settings_is_left_alone(config, tmp_path):
    bulk.prepare(config)
    other = bulk.BulkConfig(config.output_dir, "salnet", config.result, grid=(6, 8))
    with pytest.raises(ValueError, match=r"made with another model, grid; .*Received: .*out"):
        bulk.prepare(other)


def test_photos_come_from_lists_tables_and_stores(inputs, network, tmp_path):
    paths = [str(inputs / "a.jpg"), str(inputs / "b.png")]
    (tmp_path / "list.txt").write_text("\n".join([*paths, "", paths[0]]))
    assert bulk.find(str(tmp_path / "list.txt")) == paths
    rows = [{"path": path} for path in paths]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "list.parquet")
    assert bulk.find(str(tmp_path / "list.parquet")) == paths
    parquet.write_table(pyarrow.Table.from_pylist([{"file": "a"}]), tmp_path / "other.parquet")
    with pytest.raises(ValueError, match="has a column `path`"):
        bulk.find(str(tmp_path / "other.parquet"))
    pytest.importorskip("fsspec", reason="remote paths need fsspec (extra bulk)")
    found = bulk.find(f"file://{inputs}/*.png")
    assert found == [f"file://{inputs}/b.png", f"file://{inputs}/c.png"]
    remote = bulk.BulkConfig(f"file://{tmp_path}/remote", "salnet_small")
    bulk.prepare(remote)
    _write(bulk.missing(found, remote), network, remote)
    assert bulk.missing([*found, "file:///new.png"], remote) == [["file:///new.png"]]
    assert json.loads((tmp_path / "remote" / "settings.json").read_text())["grid"] is None
    with pytest.raises(ValueError, match=r"cannot be opened: .*Received: 'nope://a'"):
        bulk.find("nope://a")


def test_bytes_may_come_with_a_record(inputs, network, config):
    record = bulk.Record("kept elsewhere", (inputs / "a.jpg").read_bytes())
    (row,) = bulk.rows([record], network, config)
    assert (row["path"], row["error"], row["width"]) == ("kept elsewhere", None, 80)


def test_a_photo_with_which_processes_died_is_given_up(inputs, network, config):
    paths = [str(inputs / "a.jpg"), str(inputs / "b.png")]
    bulk.prepare(config)
    _write([paths], network, config)
    (part,) = (inputs.parent / "out" / "rows").iterdir()
    lines = [f"+{paths[1]}", f"-{paths[1]}", *[f"+{paths[0]}"] * 3]
    part.with_suffix(".trail").write_text("\n".join(lines) + "\n")
    _write([paths], network, config)
    errors = [row["error"] for row in _rows(config)]
    assert errors == ["A process died 3 times while this photo was in work.", None]
    assert list(part.parent.iterdir()) == [part]


def test_a_result_that_cannot_be_written_stops_the_block(inputs, network, config, tmp_path):
    bulk.prepare(config)
    (tmp_path / "out" / "files").touch()
    with pytest.raises(OSError, match="files"):
        bulk.write_block([bulk.Record(str(inputs / "a.jpg"))], network, config)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"output_dir": ""}, {"grid": (0, 4)}, {"block_size": 0}, {"workers": 0}),
        {"result": results.ResultConfig(table="csv")},
        {"result": results.ResultConfig(formats=("json",), table="parquet")},
    ],
)
def test_wrong_settings(wrong):
    with pytest.raises(ValueError, match="Received"):
        bulk.BulkConfig(**{"output_dir": "out", **wrong})
