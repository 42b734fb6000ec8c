"""A table of fixations -> one row per fixation, whatever recorded it."""

import dataclasses
import glob
import pathlib
import re

import numpy as np
import pandas as pd

from salnet_tf.fixations import dialect, eye_trackers, names
from salnet_tf.fixations import reading as reading_lib

REQUIRED = ("image", "x", "y")
# Why a row is no fixation on an image.
DUPLICATE = "duplicate row"
NO_IMAGE = "no such image"
NO_NAME = "row that names no image"
FIRST = "first fixation of its trial"
_MISSING = ("", ".", "-", "NA", "NaN", "nan", "None")  # as recorders write what they do not know
_NUMBERS = ("x", "y", "duration", "start", "left", "top", "shown_width", "shown_height")
_TRIAL = ["image", "observer", "trial"]
_FEW_ROWS = 10  # may lie anywhere, by chance or as an example
# Two rows of one fixation are at most so far apart.
_SAME_PLACE = {"pixels": 1.0, "fraction": 0.001, "percent": 0.1}
_PERCENT, _LARGE = 100, 200  # photos of over `_LARGE` pixels whose fixations all lie within 100


@dataclasses.dataclass
class Table:
    """The rows of a table that may be fixations.

    Attributes:
        rows: a frame with the columns image (text), observer, order (int), x, y, duration (ms,
            float64), `shown_width`, `shown_height` (NaN where unknown) and `dropped`: why the row
            is left out, "" for a fixation.
        observers: their names; `observer` is the index in it.
        reading: the `Reading`, with what the eye tracker's export says filled in.
        units_known: the units are said by a person or by the eye tracker.
        notes: what the table was taken for and what was joined, for a person.
    """

    rows: pd.DataFrame
    observers: list
    reading: reading_lib.Reading
    units_known: bool
    notes: list

    def match(self, files):
        """Name the rows by their image files; those of none are dropped as `NO_IMAGE`."""
        resolve = names.resolver(files)
        named = {image: resolve(image) for image in self.rows["image"].unique()}
        found = self.rows["image"].map(named)
        self.rows.loc[found.isna() & (self.rows["dropped"] == ""), "dropped"] = NO_IMAGE
        self.rows["image"] = found.fillna(self.rows["image"])

    def check_units(self, sizes):
        """Refuse percentages that are taken for pixels.

        Args:
            sizes: (height, width) of some of the images.
        """
        x, y = self.rows["x"].max(), self.rows["y"].max()
        if (
            not self.units_known
            and len(self.rows) > _FEW_ROWS
            and max(x, y) <= _PERCENT
            and sizes
            and min(min(size) for size in sizes) > _LARGE
        ):
            raise ValueError(
                f"All fixations lie within {_PERCENT} pixels of the corner of larger images; "
                "per cent of the image take --units=percent, and pixels --units=pixels. "
                f"Received: x up to {x:.4g}, y up to {y:.4g}"
            )


def read(folder, reading):
    """Read the table of a folder, one file or several.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no table, has not the columns, or what a fixation is is not sure.
    """
    paths = _paths(pathlib.Path(folder), reading.fixations)
    raws = [dialect.read(path, _is_header(reading)) for path in paths]
    tracker = _tracker(reading, raws[0].columns)
    fields = [tracker.find(raw.columns) | reading.columns for raw in raws]
    parts = []
    for path, raw, found in zip(paths, raws, fields, strict=True):
        _check_columns(found, raw, path, reading)
        parts.append(_of_fields(raw, found, reading, tracker))
        if "observer" not in found:
            parts[-1]["observer"] = (
                _observer(path) if len(paths) > 1 or tracker.file_is_observer else ""
            )
    rows = pd.concat(parts, ignore_index=True)
    if rows.empty:
        raise ValueError(
            f"The table has no row of a fixation ({_selected(fields[0], reading, tracker)}). "
            f"Received: {paths[0]} of {sum(map(len, raws))} rows"
        )
    full = reading_lib.filled(reading, tracker, rows)
    rows["duration"] *= 1000 if full.seconds else 1
    notes = [] if tracker is eye_trackers.PLAIN else [f"read as an export of {tracker.name}"]
    rows = _of_one_eye(rows, reading, fields[0].get("eye"))
    units_known = reading.units is not None or tracker is not eye_trackers.PLAIN
    if not units_known:
        _check_fractions(rows)
    rows = _joined(rows, tracker, full, notes)
    observers = sorted(rows["observer"].unique(), key=names.natural)
    numbers = {name: index for index, name in enumerate(observers)}
    rows = rows.assign(observer=rows["observer"].map(numbers), order=_order(rows, tracker))
    live = rows["dropped"] == ""
    if reading.drop_first:
        first = rows["order"] == rows.groupby(_TRIAL)["order"].transform("min")
        rows.loc[first & live, "dropped"] = FIRST
    rows.loc[(rows["image"] == "") & live, "dropped"] = NO_NAME
    x, y = reading_lib.off_screen(rows, full)
    return Table(rows.assign(x=x, y=y), observers, full, units_known, notes)


def _paths(folder, pattern):
    """The files of a table: one, or those that a glob matches."""
    path = folder / pattern
    if path.is_file() or not re.search(r"[*?\[]", pattern):
        return [path]
    found = [pathlib.Path(name) for name in glob.glob(str(path), recursive=True)]
    found = sorted((one for one in found if one.is_file()), key=lambda one: names.natural(str(one)))
    if not found:
        raise FileNotFoundError(f"No table matches. Received: {path}")
    return found


def _is_header(reading):
    """A function that tells the line of column names."""
    if reading.columns:
        return set(reading.columns.values()).issubset
    if reading.format == "auto":
        return eye_trackers.recognise
    needed = {"x", "y"} if reading.image else set(REQUIRED)
    return lambda line: needed <= set(eye_trackers.ALL[reading.format].find(line))


def _tracker(reading, columns):
    if reading.format != "auto":
        return eye_trackers.ALL[reading.format]
    return eye_trackers.recognise(columns) or eye_trackers.PLAIN


def _check_columns(fields, raw, path, reading):
    """Raise ValueError where a column is missing."""
    needed = {*REQUIRED, *reading.columns} - ({"image"} if reading.image else set())
    wanted = [fields.get(field, field) for field in eye_trackers.FIELDS if field in needed]
    missing = [name for name in [*wanted, *reading.rows] if name not in raw.columns]
    if missing:
        raise ValueError(
            f"{path.name} has no column {', '.join(missing)} (flags like --image_column name "
            f"others). Received: {', '.join(map(str, raw.columns)):.300}"
        )


def _of_fields(raw, fields, reading, tracker):
    """The rows that are fixations, their columns under the names of fields."""
    kept = pd.Series(True, raw.index)
    for column, values in _selection(fields, reading, tracker).items():
        kept &= dialect.text(raw[column]).isin(values)
    raw = raw[kept]
    rows = pd.DataFrame(index=raw.index)
    for field in ("image", "observer", "trial", "eye", "order"):
        rows[field] = dialect.text(raw[fields[field]]) if field in fields else ""
    for field in _NUMBERS:
        rows[field] = dialect.number(raw[fields[field]]) if field in fields else np.nan
    if reading.image:
        rows["image"] = reading.image
    rows["indexed"] = ("order" in fields) & ~rows["order"].isin(_MISSING)
    # Rows alike in image, observer and place only may be two looks; alike in all, they are one.
    tells_apart = len(raw.columns) > len({"image", "observer", "x", "y"} & set(fields))
    repeated = raw.duplicated() if tells_apart and reading.repeats != "keep" else False
    rows["dropped"] = np.where(repeated, DUPLICATE, "")
    return rows


def _selection(fields, reading, tracker):
    """column -> values of the rows that are fixations."""
    chosen = {fields[field]: values for field, values in tracker.rows.items() if field in fields}
    return chosen | {column: tuple(values) for column, values in reading.rows.items()}


def _selected(fields, reading, tracker):
    chosen = _selection(fields, reading, tracker)
    said = "; ".join(f"{column}={','.join(values)}" for column, values in chosen.items())
    return f"rows of fixations are those with {said}" if said else "none is left out"


def _observer(path):
    """Who a file is of: BIDS's subject, or the file's name without its endings."""
    subject = re.match(r"sub-[A-Za-z0-9]+", path.name)
    return subject[0] if subject else path.name.split(".")[0]


def _of_one_eye(rows, reading, column):
    """The rows of the eye asked for; both, unasked, are refused."""
    letter = rows["eye"].str.casefold().str[:1]
    if reading.eye:
        chosen = letter == reading.eye[0]
        if not chosen.any() and column:
            raise ValueError(
                f"No row is of the {reading.eye} eye. Received: {column} is "
                f"{', '.join(sorted(rows['eye'].unique())[:5])}"
            )
        return rows[chosen | ~letter.isin(["l", "r"])]
    both = rows.assign(letter=letter)[letter.isin(["l", "r"])].groupby(_TRIAL)["letter"].nunique()
    if (both > 1).any() and reading.repeats != "keep":
        raise ValueError(
            f"The column {column} has rows of both eyes, which would count each fixation twice: "
            f"choose --eye=left or --eye=right. Received: {int((both > 1).sum())} trials of both"
        )
    return rows


def _check_fractions(rows):
    """Refuse fractions of the image that are taken for pixels: all lie on one pixel of each."""
    largest = rows[["x", "y"]].abs().max()
    if len(rows) > _FEW_ROWS and (largest <= 1).all():
        raise ValueError(
            "All fixations lie within one pixel of the corner; fractions of the image take "
            f"--units=fraction. Received: x up to {largest['x']:.3g}, y up to {largest['y']:.3g}"
        )


def _joined(rows, tracker, reading, notes):
    """One row per fixation, of tables that have several."""
    if reading.repeats == "keep":
        return rows
    rows = _joined_by_index(rows, tracker, reading, notes)
    return _joined_by_place(rows, reading, notes)


def _joined_by_index(rows, tracker, reading, notes):
    """Rows of one index in one trial are one fixation, if they are at one place."""
    key = [*_TRIAL, "eye", "order"]
    live = rows[(rows["dropped"] == "") & rows["indexed"]]
    again = live.duplicated(key)
    if not again.any():
        return rows
    groups = live.groupby(key, sort=False)
    spread = groups[["x", "y"]].max() - groups[["x", "y"]].min()
    apart = spread[(spread > _SAME_PLACE[reading.units]).any(axis=1)]
    if len(apart) and tracker.repeated == "same" and reading.repeats == "refuse":
        raise ValueError(
            f"{len(apart)} fixations have rows of one image, observer and index at places apart. "
            "Is there a column of the eye or of the trial (--eye_column, --trial_column)? "
            "--repeats=keep takes every row, --repeats=join the first. "
            f"Received: {', '.join(name for name in apart.index[0] if name)}"
        )
    how = {"same": "first", "growing": "last", "moving": "mean"}[tracker.repeated]
    best = groups[["x", "y", "duration"]].transform(how)
    rows = rows.copy()
    rows.loc[best.index, ["x", "y", "duration"]] = best
    notes.append(f"{int(again.sum())} rows repeat a fixation and are joined with it")
    return rows.drop(again.index[again])


def _joined_by_place(rows, reading, notes):
    """Without an index, rows of one place one after the other are suspect."""
    live = rows[(rows["dropped"] == "") & ~rows["indexed"]]
    place = live[[*_TRIAL, "x", "y"]]
    again = (place == place.shift()).all(axis=1)
    if not again.any() or (len(live) <= _FEW_ROWS and reading.repeats == "refuse"):
        return rows
    if reading.repeats == "refuse":
        example = ", ".join(str(value) for value in place[again].iloc[0] if value != "")
        raise ValueError(
            f"{int(again.sum())} of {len(live)} rows repeat the place of the row before: has the "
            "table a row per sample, not per fixation? Name the column of the fixation's index "
            "(--order_column), or choose --repeats=join or --repeats=keep. "
            f"Received: {example}"
        )
    notes.append(f"{int(again.sum())} rows repeat the row before and are joined with it")
    return rows.drop(again.index[again])


def _order(rows, tracker):
    """Order from 0: as recorded less the table's smallest, by time, or as the rows come."""
    place = rows.groupby(_TRIAL[:2]).cumcount()
    trial = [rows[name] for name in _TRIAL]
    if not rows["indexed"].any():
        by_time = rows["start"].notna().all()
        return rows["start"].groupby(trial).rank("first").astype(int) - 1 if by_time else place
    order = dialect.number(rows["order"])
    odd = rows["indexed"] & (order % 1 != 0)  # what is no number, too
    if odd.any():
        raise ValueError(f"order must be whole numbers. Received: {rows['order'][odd.idxmax()]}")
    if tracker.counted_over == "recording":
        return order.groupby(trial).rank("dense").fillna(1).astype(int) - 1
    order = order - order.min()
    if order.max() > np.iinfo(np.int32).max:
        raise ValueError(
            "order must be a fixation's place in its trial, not a time. "
            f"Received: {rows['order'][order.idxmax()]}"
        )
    return order.fillna(place).astype(int)
