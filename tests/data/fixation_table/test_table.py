"""Whatever dialect the table is in, the records are the same, and what is left out is named."""

import csv

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from data import drop_report, prepare
from data.fixation_table import fixation_table_dataset_builder, table

_HEADER = ("image", "observer", "order", "x", "y", "duration_ms")
_ROWS = [
    ("a.jpg", "s2", 0, 3.5, 4.25, 200),
    ("a.jpg", "s10", 0, 29.9, 19.9, 150),
    ("b.jpg", "s2", 0, 10, 11, 120),
]


def _write(path, rows=_ROWS, header=_HEADER, delimiter=",", encoding="utf-8"):
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])


@pytest.fixture
def folder(tmp_path):
    """Two images of 30x20."""
    (tmp_path / "images").mkdir()
    for name in ("a.jpg", "b.jpg"):
        Image.fromarray(np.full((20, 30, 3), 90, np.uint8)).save(tmp_path / "images" / name)
    _write(tmp_path / "fixations.csv")
    return tmp_path


def _read(folder, **reading):
    dropped = drop_report.DropReport()
    splits, _ = table.records(folder, table.Reading(**reading), dropped)
    return {record.image_id: record for records in splits.values() for record in records}, dropped


def _xy(record):
    return list(zip(record.fixations.x.tolist(), record.fixations.y.tolist(), strict=True))


def _dialect(folder, name):
    path = folder / "fixations.csv"
    if name == "bom":
        _write(path, encoding="utf-8-sig")
    if name == "semicolons":
        _write(path, delimiter=";")
    if name == "decimal commas":
        rows = [tuple(str(v).replace(".", ",") if i > 1 else v for i, v in enumerate(row))
                for row in _ROWS]  # fmt: skip
        _write(path, rows, delimiter=";")
    if name == "utf-16 tabs":
        _write(path, delimiter="\t", encoding="utf-16")
    if name == "tabs":
        _write(path, delimiter="\t")
    if name == "spaces":
        _write(path, [tuple(f" {v} " for v in row) for row in _ROWS], [f" {h}" for h in _HEADER])
    if name == "parquet":
        pd.DataFrame(_ROWS, columns=_HEADER).to_parquet(folder / "fixations.parquet")
    if name == "no suffix":
        _write(path, [(row[0][:1], *row[1:]) for row in _ROWS])
    if name == "folders":
        _write(path, [(f"C:\\study\\{row[0]}", *row[1:]) for row in _ROWS])
    if name == "one-based order":
        _write(path, [(*row[:2], row[2] + 1, *row[3:]) for row in _ROWS])
    return {"fixations": "fixations.parquet"} if name == "parquet" else {}


@pytest.mark.parametrize(
    "dialect",
    ["plain", "bom", "semicolons", "decimal commas", "tabs", "utf-16 tabs", "spaces", "parquet",
     "no suffix", "folders", "one-based order"],
)  # fmt: skip
def test_every_dialect_reads_alike(folder, dialect):
    records, dropped = _read(folder, **_dialect(folder, dialect))
    assert _xy(records["a.jpg"]) == [(3.5, 4.25), (29.9, 19.9)]
    assert records["a.jpg"].fixations.observer.tolist() == [0, 1]  # s2 before s10
    assert records["a.jpg"].fixations.order.tolist() == [0, 0]
    assert records["b.jpg"].fixations.duration.tolist() == [120]
    assert str(dropped) == "nothing"


def test_columns_offset_scale_and_seconds(folder):
    _write(
        folder / "fixations.csv",
        [("a.jpg", 110, 60, 0.25)],
        ("stimulus", "gaze x", "gaze y", "time"),
    )
    columns = {"image": "stimulus", "x": "gaze x", "y": "gaze y", "duration": "time"}
    records, _ = _read(folder, columns=columns, offset=(100, 50), scale=(0.5, 0.25), seconds=True)
    assert _xy(records["a.jpg"]) == [(5, 2.5)]
    assert records["a.jpg"].fixations.duration.tolist() == [250]


def test_the_first_pixel_of_matlab_is_one(folder):
    records, _ = _read(folder, first_pixel=1)
    assert _xy(records["b.jpg"]) == [(9, 10)]


def test_rows_are_left_out_by_name_and_reason(folder):
    _write(
        folder / "fixations.csv",
        [*_ROWS, _ROWS[0], ("c.jpg", "s2", 0, 1, 1, 100), ("c.jpg", "s2", 1, 2, 2, 100)],
    )
    (folder / "images" / "notes.txt").write_text("mine")
    records, dropped = _read(folder)
    assert len(records["a.jpg"].fixations) == 2
    assert dropped.counts() == {
        drop_report.DUPLICATE: {"images": 0, "fixations": 1},
        drop_report.NO_IMAGE: {"images": 1, "fixations": 2},
        drop_report.NOT_AN_IMAGE: {"images": 1, "fixations": 0},
    }


def test_two_looks_at_one_place_are_no_duplicate(folder):
    _write(folder / "fixations.csv", [("a.jpg", 3, 4)] * 2, ("image", "x", "y"))
    records, dropped = _read(folder)
    assert records["a.jpg"].fixations.order.tolist() == [0, 1]
    assert str(dropped) == "nothing"


def test_splits_are_those_of_the_file_and_the_rest_is_named(folder):
    _write(folder / "splits.csv", [("b.jpg", "val"), ("c.jpg", "val")], ("image", "split"))
    dropped = drop_report.DropReport()
    splits, _ = table.records(folder, table.Reading(), dropped)
    assert {split: [r.image_id for r in records] for split, records in splits.items()} == {
        "val": ["b.jpg"]
    }
    assert dropped.counts() == {
        drop_report.NO_IMAGE: {"images": 1, "fixations": 0},
        drop_report.NO_SPLIT: {"images": 1, "fixations": 2},
    }


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        (("image", "x"), [], r"no column y\. Received: image, x"),
        (("picture", "x", "y"), [], r"no column image\. Received: picture, x, y"),
        (("image", "x", "y"), [("a.jpg", 1, 2, 3, 4)], "cannot be read as a csv"),
        (("image", "x", " x", "y"), [], r"csv has columns of one name\. Received: x$"),
    ],
)
def test_tables_that_are_none(folder, header, rows, message):
    _write(folder / "fixations.csv", rows, header)
    with pytest.raises(ValueError, match=message):
        _read(folder)


def test_an_empty_table_and_one_in_another_encoding(folder):
    (folder / "fixations.csv").write_bytes(b"")
    with pytest.raises(ValueError, match=r"line of column names. Received: fixations.csv, empty"):
        _read(folder)
    _write(folder / "fixations.csv", encoding="cp500")
    with pytest.raises(ValueError, match=r"fixations\.csv cannot be read as a csv in UTF-8"):
        _read(folder)


def test_a_time_is_no_order(folder):
    _write(folder / "fixations.csv", [(*_ROWS[0][:2], t, *_ROWS[0][3:]) for t in (0, 10**11)])
    with pytest.raises(ValueError, match=r"not a time\. Received: 100000000000"):
        _read(folder)


@pytest.mark.parametrize("order", ["first", "0.5"])
def test_an_order_is_whole_numbers_or_missing(folder, order):
    row = _ROWS[0]
    _write(folder / "fixations.csv", [(*row[:2], o, *row[3:]) for o in ("2", ".", order)])
    with pytest.raises(ValueError, match=rf"order must be whole numbers. Received: {order}"):
        _read(folder)
    _write(folder / "fixations.csv", [(*row[:2], o, *row[3:]) for o in ("2", ".", "NA")])
    assert _read(folder)[0]["a.jpg"].fixations.order.tolist() == [0, 1, 2]


def test_names_in_any_script_and_either_way_of_accents(folder):
    (folder / "images" / "a.jpg").rename(folder / "images" / "e\u0301.jpg")  # as macOS packs it
    _write(
        folder / "fixations.csv",
        [("\u00e9.jpg", f"1{who}3", *_ROWS[0][2:]) for who in "\u00b2\u2460"],
    )
    records, dropped = _read(folder)
    assert len(records["e\u0301.jpg"].fixations.x) == 2 and str(dropped) == "nothing"


def test_parquet_with_categories_and_gaps(folder):
    columns = {
        "image": pd.Categorical(["a.jpg", "b.jpg", None]),
        "observer": pd.Categorical(["s1", None, "s1"]),
        "x": pd.array([1, None, 3], "Int64"),
        "y": [1.0, 2.0, 3.0],
    }
    pd.DataFrame(columns).to_parquet(folder / "fixations.parquet")
    records, dropped = _read(folder, fixations="fixations.parquet")
    assert _xy(records["a.jpg"]) == [(1, 1)] and np.isnan(records["b.jpg"].fixations.x)
    assert dropped.counts() == {drop_report.NO_IMAGE: {"images": 1, "fixations": 1}}


def test_a_mapped_column_must_exist(folder):
    with pytest.raises(ValueError, match="no column time"):
        _read(folder, columns={"duration": "time"})


def test_two_images_of_one_name_are_refused(folder):
    (folder / "images" / "more").mkdir()
    (folder / "images" / "more" / "a.jpg").write_bytes((folder / "images" / "a.jpg").read_bytes())
    with pytest.raises(ValueError, match=r"Two images have one name in .* Received: a\.jpg"):
        _read(folder)


def test_a_name_that_means_two_images_is_refused(folder):
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(folder / "images" / "a.png")
    _write(folder / "fixations.csv", [("a", "s1", 0, 1, 1, 100)])
    with pytest.raises(ValueError, match=r"Received: a\.jpg, a\.png"):
        _read(folder)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a.jpg", "train"), ("a.jpg", "test")], r"in two splits\. Received: a\.jpg"),
        ([("a", "train"), ("images/a.jpg", "test")], r"in two splits\. Received: a\.jpg"),
        ([("a.jpg", "../train")], r"Received: \.\./train"),
    ],
)
def test_splits_that_cannot_be(folder, rows, message):
    _write(folder / "splits.csv", rows, ("image", "split"))
    with pytest.raises(ValueError, match=message):
        _read(folder)


def test_an_image_named_twice_in_one_split_is_one(folder):
    rows = [("a.jpg", "train"), ("a", "train"), ("c", "train")]
    _write(folder / "splits.csv", rows, ("image", "split"))
    records, dropped = _read(folder)
    assert list(records) == ["a.jpg"]
    assert dropped.counts()[drop_report.NO_IMAGE] == {"images": 1, "fixations": 0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", r"META\.json must hold one json object\. Received: \[1\]"),
        ("{", r"META\.json must be json in UTF-8\. Received: "),
    ],
)
def test_a_description_that_is_none(folder, tmp_path_factory, text, message):
    (folder / "META.json").write_text(text)
    config = fixation_table_dataset_builder.TableConfig(name="own", source=folder)
    with pytest.raises(ValueError, match=message):
        prepare.prepare("fixation_table", tmp_path_factory.mktemp("prepared"), config)


def test_missing_parts_of_the_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="folder of images"):
        _read(tmp_path)
    (tmp_path / "images").mkdir()
    with pytest.raises(FileNotFoundError, match="no image"):
        _read(tmp_path)


@pytest.mark.parametrize("reading", [{"units": "mm"}, {"frame": "left"}, {"columns": {"z": "a"}}])
def test_unknown_readings_are_refused(reading):
    with pytest.raises(ValueError, match="Received: "):
        table.Reading(**reading)
