"""Whatever dialect the table is in, the records are the same, and what is left out is named."""

import csv
import gzip

import numpy as np
import pandas as pd
import pytest

from salnet_tf.fixations import names, table
from salnet_tf.fixations import reading as reading_lib

_HEADER = ("image", "observer", "order", "x", "y", "duration_ms")
_ROWS = [
    ("a.jpg", "s2", 0, 3.5, 4.25, 200),
    ("a.jpg", "s10", 0, 29.9, 19.9, 150),
    ("b.jpg", "s2", 0, 10, 11, 120),
]


def _write(path, rows=_ROWS, header=_HEADER, delimiter=",", encoding="utf-8"):
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])


_SIZE = (20, 30)


@pytest.fixture
def folder(tmp_path):
    _write(tmp_path / "fixations.csv")
    return tmp_path


def _read(folder, files=("a.jpg", "b.jpg"), **reading):
    found = table.read(folder, reading_lib.Reading(**reading))
    found.match(files)
    return found


def _rows(found, image):
    rows = found.rows[(found.rows["image"] == image) & (found.rows["dropped"] == "")]
    return rows.assign(
        **dict(zip("xy", reading_lib.on_image(rows, found.reading, _SIZE).T, strict=True))
    )


def _xy(found, image):
    return _rows(found, image)[["x", "y"]].to_numpy().tolist()


def _dropped(found):
    return found.rows["dropped"][found.rows["dropped"] != ""].value_counts().to_dict()


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
    if name == "bars":
        _write(path, delimiter="|")
    if name == "gz":
        path.write_bytes(gzip.compress(path.read_bytes()))
    if name == "cp1252":
        rows = [(*row, "d\u00e9j\u00e0 vu") for row in _ROWS]
        _write(path, rows, (*_HEADER, "note"), encoding="cp1252")
    if name == "preamble":
        path.write_text("## Made by, a study\n\n" + path.read_text())
    if name == "separators at the ends":
        first, *rest = path.read_text().splitlines()
        path.write_text("\n".join([first, *(f"{line}," for line in rest)]))
    if name == "upper case":
        _write(path, [(row[0].upper(), *row[1:]) for row in _ROWS])
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
     "bars", "gz", "cp1252", "preamble", "no suffix", "folders", "one-based order", "upper case",
     "separators at the ends"],
)  # fmt: skip
def test_every_dialect_reads_alike(folder, dialect):
    found = _read(folder, **_dialect(folder, dialect))
    assert _xy(found, "a.jpg") == [[3.5, 4.25], [29.9, 19.9]]
    rows = _rows(found, "a.jpg")
    assert rows["observer"].tolist() == [0, 1]  # s2 before s10
    assert rows["order"].tolist() == [0, 0]
    assert _rows(found, "b.jpg")["duration"].tolist() == [120]
    assert not _dropped(found)


def test_columns_offset_scale_and_seconds(folder):
    header = ("stimulus", "gaze x", "gaze y", "time")
    _write(folder / "fixations.csv", [("a.jpg", 110, 60, 0.25)], header)
    columns = {"image": "stimulus", "x": "gaze x", "y": "gaze y", "duration": "time"}
    found = _read(folder, columns=columns, offset=(100, 50), scale=(0.5, 0.25), seconds=True)
    assert _xy(found, "a.jpg") == [[5, 2.5]]
    assert _rows(found, "a.jpg")["duration"].tolist() == [250]


def test_the_first_pixel_of_matlab_is_one(folder):
    assert _xy(_read(folder, first_pixel=1), "b.jpg") == [[9, 10]]


@pytest.mark.parametrize(
    ("recorded", "reading"),
    [
        ((0.1, 0.25), {"units": "fraction"}),
        ((10, 25), {"units": "percent"}),
        ((10, 75), {"units": "percent", "y_up": True}),
        ((38, 45), {"screen": (100, 100), "offset": "centred"}),
        ((0.38, 0.55), {"units": "fraction", "screen": (100, 100), "offset": "centred",
                        "y_up": True}),
        ((13, 10), {"screen": (100, 100), "offset": (10, 5)}),
        ((44, 47.5), {"screen": (100, 100), "offset": "centred", "scale": (2, 2)}),
    ],
)  # fmt: skip
def test_coordinates_come_to_the_same_place(folder, recorded, reading):
    _write(folder / "fixations.csv", [("a.jpg", *recorded)], ("image", "x", "y"))
    np.testing.assert_allclose(_xy(_read(folder, **reading), "a.jpg"), [[3, 5]])


def test_rows_are_left_out_by_reason(folder):
    rows = [("c.jpg", "s2", 0, 1, 1, 100), ("c.jpg", "s2", 1, 2, 2, 100), ("", "s2", 1, 2, 2, 100)]
    _write(folder / "fixations.csv", [*_ROWS, _ROWS[0], *rows])
    found = _read(folder)
    assert len(_rows(found, "a.jpg")) == 2
    assert _dropped(found) == {table.DUPLICATE: 1, table.NO_IMAGE: 2, table.NO_NAME: 1}
    assert _dropped(_read(folder, drop_first=True))[table.FIRST] == 4


def test_rows_are_chosen_by_their_values(folder):
    _write(folder / "fixations.csv", [(*row, kind) for row, kind in zip(_ROWS, "fsg", strict=True)],
           (*_HEADER, "kind"))  # fmt: skip
    assert len(_read(folder, rows={"kind": ("f", "g")}).rows) == 2
    with pytest.raises(ValueError, match=r"no row of a fixation \(.*kind=h\).* of 3 rows"):
        _read(folder, rows={"kind": ("h",)})
    with pytest.raises(ValueError, match="no column sort"):
        _read(folder, rows={"sort": ("h",)})


def test_several_files_are_observers(folder):
    for who in ("ann", "bob"):
        _write(folder / f"{who}.csv", [("a.jpg", 1, 2), ("a.jpg", 3, 4)], ("image", "x", "y"))
    found = _read(folder, fixations="???.csv")
    assert found.observers == ["ann", "bob"] and len(found.rows) == 4
    assert found.rows["order"].tolist() == [0, 1, 0, 1]
    with pytest.raises(FileNotFoundError, match="No table matches"):
        _read(folder, fixations="none*.csv")


def test_both_eyes_are_one_fixation_or_a_refusal(folder):
    rows = [(*_ROWS[0][:5], 200, "L"), (*_ROWS[0][:3], 9, 9, 200, "R")]
    _write(folder / "fixations.csv", rows, (*_HEADER, "eye"))
    with pytest.raises(ValueError, match=r"column eye has rows of both eyes.*--eye=left"):
        _read(folder)
    assert _xy(_read(folder, eye="left"), "a.jpg") == [[3.5, 4.25]]
    assert _xy(_read(folder, eye="right"), "a.jpg") == [[9, 9]]
    assert len(_xy(_read(folder, repeats="keep"), "a.jpg")) == 2


def test_rows_of_one_index_are_joined_and_refused_at_places_apart(folder):
    rows = [(*_ROWS[0], sample) for sample in range(5)]
    _write(folder / "fixations.csv", rows, (*_HEADER, "sample"))
    found = _read(folder)
    assert len(found.rows) == 1 and "4 rows repeat a fixation" in found.notes[0]
    _write(folder / "fixations.csv", [*rows, (*_ROWS[0][:3], 9, 9, 200, 5)], (*_HEADER, "sample"))
    with pytest.raises(ValueError, match=r"1 fixations have rows .* apart.* Received: a.jpg, s2"):
        _read(folder)
    assert len(_read(folder, repeats="join").rows) == 1
    assert len(_read(folder, repeats="keep").rows) == 6


def test_rows_of_one_place_without_an_index_are_refused_with_their_count(folder):
    rows = [("a.jpg", i // 3, 4) for i in range(12)]
    _write(folder / "fixations.csv", rows, ("image", "x", "y"))
    with pytest.raises(ValueError, match=r"8 of 12 rows repeat the place .* Received: a.jpg, 0"):
        _read(folder)
    assert len(_read(folder, repeats="join").rows) == 4
    _write(folder / "fixations.csv", rows[:2], ("image", "x", "y"))  # a few may be looks
    assert _read(folder).rows["order"].tolist() == [0, 1]


def test_fractions_and_percentages_are_not_taken_for_pixels(folder):
    header = ("image", "x", "y")
    _write(folder / "fixations.csv", [("a.jpg", 0.25, i / 20) for i in range(11)], header)
    with pytest.raises(ValueError, match=r"--units=fraction\. Received: x up to 0.25, y up to 0.5"):
        _read(folder)
    assert len(_read(folder, units="pixels").rows) == 11
    _write(folder / "fixations.csv", [("a.jpg", 25, 4 * i) for i in range(11)], header)
    _read(folder).check_units([(60, 80)])
    with pytest.raises(ValueError, match=r"--units=percent.* Received: x up to 25, y up to 40"):
        _read(folder).check_units([(600, 800)])
    _read(folder, units="pixels").check_units([(600, 800)])


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        (("image", "x"), [], r"no column y .*\. Received: image, x"),
        (("picture", "x", "y"), [], r"no column image .*\. Received: picture, x, y"),
        (("image", "x", "y"), [], r"no row of a fixation .* of 0 rows"),
        (("image", "x", "y"), [("a.jpg", 1, 2, 3, 4)], "cannot be read as a table"),
        (("image", "x", " x", "y"), [], r"csv has columns of one name\. Received: x$"),
        (("image", "x", "x", "y"), [], r"csv has columns of one name\. Received: x$"),
    ],
)
def test_tables_that_are_none(folder, header, rows, message):
    _write(folder / "fixations.csv", rows, header)
    with pytest.raises(ValueError, match=message):
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
    assert _rows(_read(folder), "a.jpg")["order"].tolist() == [0, 1, 2]


def test_names_in_any_script_and_either_way_of_accents(folder):
    _write(
        folder / "fixations.csv",
        [("\u00e9.jpg", f"1{who}3", *_ROWS[0][2:]) for who in "\u00b2\u2460"],
    )
    found = _read(folder, files=["e\u0301.jpg"])  # as macOS packs it
    assert len(_rows(found, "e\u0301.jpg")) == 2 and not _dropped(found)


def test_parquet_with_categories_gaps_and_lists(folder):
    columns = {
        "image": pd.Categorical(["a.jpg", "b.jpg", None]),
        "observer": pd.Categorical(["s1", None, "s1"]),
        "x": pd.array([1, None, 3], "Int64"),
        "y": [1.0, 2.0, 3.0],
        "samples": [[1], [2, 3], []],
    }
    pd.DataFrame(columns).to_parquet(folder / "fixations.parquet")
    found = _read(folder, fixations="fixations.parquet")
    assert _xy(found, "a.jpg") == [[1, 1]] and np.isnan(_xy(found, "b.jpg")[0][0])
    assert _dropped(found) == {table.NO_NAME: 1}


def test_a_mapped_column_must_exist(folder):
    with pytest.raises(ValueError, match="no column time"):
        _read(folder, columns={"duration": "time"})


def test_a_name_that_means_two_images_is_refused(folder):
    _write(folder / "fixations.csv", [("a", "s1", 0, 1, 1, 100)])
    with pytest.raises(ValueError, match=r"Received: a\.jpg, a\.png"):
        _read(folder, files=["a.jpg", "a.png"])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a.jpg", "train"), ("a.jpg", "test")], r"in two splits\. Received: a\.jpg"),
        ([("a", "train"), ("images/a.jpg", "test")], r"in two splits\. Received: a\.jpg"),
        ([("a.jpg", "../train")], r"Received: \.\./train"),
        ([("a.jpg", "t" * 240)], r"Received: t{80}$"),
    ],
)
def test_splits_that_cannot_be(folder, rows, message):
    _write(folder / "splits.csv", rows, ("image", "split"))
    with pytest.raises(ValueError, match=message):
        names.splits_of(folder / "splits.csv", ["a.jpg"])


def test_splits_name_each_image_once_and_those_that_are_missing(folder):
    rows = [("a.jpg", "train"), ("a", "train"), ("c", "train")]
    _write(folder / "splits.csv", rows, ("image", "split"))
    found = names.splits_of(folder / "splits.csv", ["a.jpg", "b.jpg"])
    assert found == ({"train": ["a.jpg"]}, {"train": ["c"]})


@pytest.mark.parametrize(
    "reading",
    [{"units": "mm"}, {"frame": "left"}, {"columns": {"z": "a"}}, {"scale": (0, 1)},
     {"offset": "left"}, {"offset": "centred"}, {"screen": (0, 5)}, {"max_loss": 2}],
)  # fmt: skip
def test_unknown_readings_are_refused(reading):
    with pytest.raises(ValueError, match="Received: "):
        reading_lib.Reading(**reading)
