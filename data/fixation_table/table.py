"""Reads a folder `images/ + fixations.csv [+ splits.csv]` as records, whatever its csv dialect."""

import dataclasses
import functools
import math
import pathlib
import re
import unicodedata

import numpy as np
import pandas as pd

from data import drop_report, fixation_set, schema
from data.fixation_table import dialect

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
REQUIRED = ("image", "x", "y")
# What each field's column is called unless a flag says otherwise.
COLUMNS = {
    "image": "image",
    "observer": "observer",
    "order": "order",
    "x": "x",
    "y": "y",
    "duration": "duration_ms",
}
_MISSING = ("", ".", "-", "NA", "NaN", "nan", "None")  # as recorders write what they do not know
_FEW_ROWS = 10  # may lie anywhere, by chance or as an example
UNITS = ("pixels", "fraction")
FRAMES = ("upright", "file")


@dataclasses.dataclass(frozen=True)
class Reading:
    """How a table is read. Coordinates become (recorded - offset) * scale, then pixels.

    Attributes:
        fixations: csv, tsv or parquet file in the folder.
        columns: field -> column, for those not called as in `COLUMNS`.
        units: "pixels", or "fraction" of the image's width and height.
        first_pixel: what the recorder calls the first pixel: 0, or 1 as in MATLAB.
        offset: (x, y) of the image's top left corner on the screen, in recorded units.
        scale: (x, y) recorded units -> pixels (or fractions) of the image file.
        frame: "upright": recorded on the photo as EXIF turns it; "file": as the file stores it.
        seconds: durations are in seconds, not milliseconds.
        sigma: ground-truth sigma in pixels of the images; None for 0.03 of the longest side.
        pixels_per_degree: of visual angle, where known: kept in the set's metadata.
    """

    fixations: str = "fixations.csv"
    columns: dict = dataclasses.field(default_factory=dict)
    units: str = "pixels"
    first_pixel: int = 0
    offset: tuple[float, float] = (0.0, 0.0)
    scale: tuple[float, float] = (1.0, 1.0)
    frame: str = "upright"
    seconds: bool = False
    sigma: float | None = None
    pixels_per_degree: float | None = None

    def __post_init__(self):
        unknown = sorted(set(self.columns) - set(COLUMNS))
        if unknown:
            raise ValueError(f"columns may name {', '.join(COLUMNS)}. Received: {unknown}")
        for name, value, allowed in (("units", self.units, UNITS), ("frame", self.frame, FRAMES)):
            if value not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}. Received: {value}")
        for name in ("pixels_per_degree", "sigma"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} must be a number above 0. Received: {value}")
        if not np.isfinite([*self.offset, *self.scale]).all() or 0 in self.scale:
            raise ValueError(
                f"offset and scale must be numbers, scale not 0. Received: {self.offset}, "
                f"{self.scale}"
            )


def records(source, reading, dropped):
    """Everything a folder holds.

    Args:
        source: the folder.
        reading: a `Reading`.
        dropped: the `drop_report.DropReport` that rows left out here go to.

    Returns:
        records: split -> list of `fixation_set.Record`; one split `train` without a splits.csv.
        observers: the observers' names; the index in this list is the `observer` of the fixations.
    """
    files = image_files(source / "images", dropped)
    frame, observers = fixations_of(source / reading.fixations, reading)
    frame = _with_files(frame, files, dropped)
    frame = _without_duplicates(frame, dropped)
    by_file = {name: _fixations(rows) for name, rows in frame.groupby("image", sort=False)}
    splits = splits_of(source / "splits.csv", files, dropped)
    none = schema.Fixations.of([], [], [])
    for name in sorted(set(files).difference(*splits.values())):
        dropped.drop_image(drop_report.NO_SPLIT, name, by_file.get(name, none))
    return {
        split: [
            fixation_set.Record(
                image_id=name,
                read=files[name].read_bytes,
                fixations=by_file.get(name, none),
                sigma=reading.sigma,
                fraction=reading.units == "fraction",
                file_frame=reading.frame == "file",
            )
            for name in names
        ]
        for split, names in splits.items()
    }, observers


def image_files(folder, dropped):
    """File name -> path of the images in a folder and its subfolders.

    Raises:
        FileNotFoundError: there is no such folder, or no image in it.
        ValueError: two images have one name.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"A table needs a folder of images. Received: {folder}")
    files, twice = {}, []
    for path in sorted(folder.rglob("*")):
        if path.is_dir() or path.name.startswith("."):
            continue
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            dropped.drop_image(drop_report.NOT_AN_IMAGE, path.name)
        elif path.name in files:
            twice.append(path.name)
        else:
            files[path.name] = path
    if twice:
        raise ValueError(f"Two images have one name in {folder}. Received: {', '.join(twice)}")
    if not files:
        raise FileNotFoundError(f"The folder holds no image. Received: {folder}")
    return files


def fixations_of(path, reading):
    """A table's rows under the names of `COLUMNS`, coordinates in pixels or fractions of the image.

    Args:
        path: csv (any of `,;` and tab, decimal point or comma, with or without BOM) or parquet.
        reading: a `Reading`.

    Returns:
        frame: columns image (text), observer (int), order (int), x, y, duration (float64).
        observers: the observers' names in the order of their index.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a table, or has not the columns.
    """
    raw = dialect.read(path)
    names = {**COLUMNS, **reading.columns}
    needed = set(REQUIRED) | set(reading.columns)
    missing = [names[field] for field in COLUMNS if field in needed and names[field] not in raw]
    if missing:
        raise ValueError(
            f"{path.name} has no column {', '.join(missing)}. Received: {', '.join(raw.columns)}"
        )
    present = {field: raw[name] for field, name in names.items() if name in raw}
    frame = pd.DataFrame({"image": dialect.text(present["image"])})
    for field, offset, scale in zip("xy", reading.offset, reading.scale, strict=True):
        frame[field] = (dialect.number(present[field]) - reading.first_pixel - offset) * scale
    _check_pixels(frame, reading)
    who = dialect.text(present["observer"]) if "observer" in present else pd.Series("", raw.index)
    observers = sorted(who.unique(), key=_natural)
    frame["observer"] = who.map({name: index for index, name in enumerate(observers)})
    frame["order"] = _order(present.get("order"), frame)
    duration = dialect.number(present.get("duration", pd.Series(np.nan, raw.index)))
    frame["duration"] = duration * (1000 if reading.seconds else 1)
    # Rows alike in image, observer and place only may be two looks; alike in all, they are one.
    tells_apart = len(raw.columns) > len({"image", "observer", "x", "y"} & set(present))
    frame["duplicate"] = raw.duplicated() if tells_apart else False
    return frame, observers


def _check_pixels(frame, reading):
    """Refuse fractions of the image that are taken for pixels: all lie on one pixel of each."""
    largest = frame[["x", "y"]].abs().max()
    if reading.units == "pixels" and len(frame) > _FEW_ROWS and (largest <= 1).all():
        raise ValueError(
            "All fixations lie within one pixel of the corner; fractions of the image take "
            f"units=fraction. Received: x up to {largest['x']:.3g}, y up to {largest['y']:.3g}"
        )


def splits_of(path, files, dropped):
    """Split -> image names, from a csv of `image, split`; all `train` where there is none."""
    if not path.is_file():
        return {"train": sorted(files, key=_natural)}
    raw = dialect.read(path)
    if not {"image", "split"} <= set(raw.columns):
        raise ValueError(
            f"{path.name} needs the columns image, split. Received: {', '.join(raw.columns)}"
        )
    frame = pd.DataFrame({"image": dialect.text(raw["image"]), "split": dialect.text(raw["split"])})
    named = frame["image"].map(_resolver(files))
    frame = frame.assign(image=named.fillna(frame["image"]), there=named.notna())
    frame = frame.drop_duplicates()
    twice = frame.loc[frame["image"].duplicated(), "image"]
    if len(twice):
        raise ValueError(f"An image is in two splits. Received: {', '.join(twice)}")
    odd = sorted(name for name in set(frame["split"]) if not re.fullmatch(r"[a-z]\w*", name))
    if odd:
        raise ValueError(f"A split's name is like train, val_2. Received: {', '.join(odd)}")
    splits = {}
    for image, split, there in frame.itertuples(index=False):
        if not there:
            dropped.drop_image(drop_report.NO_IMAGE, image, detail=f"named in {path.name}")
            continue
        splits.setdefault(split, []).append(image)
    return splits


def _with_files(frame, files, dropped):
    """Rows under the names of their image files; the others are reported."""
    resolve = functools.cache(_resolver(files))
    names = frame["image"].map(resolve)
    for image, rows in frame[names.isna()].groupby("image", sort=False):
        dropped.drop_image(drop_report.NO_IMAGE, image, _fixations(rows), "named in the table")
    return frame.assign(image=names)[names.notna()]


def _without_duplicates(frame, dropped):
    for image, rows in frame[frame["duplicate"]].groupby("image", sort=False):
        dropped.drop_fixations(drop_report.DUPLICATE, image, _fixations(rows))
    return frame[~frame["duplicate"]]


def _resolver(files):
    """A function from a name in a table (path, name or stem) to the file's name, None if none."""
    known = {}
    for name in files:
        for text in {name, pathlib.PurePath(name).stem}:
            known.setdefault(unicodedata.normalize("NFC", text), []).append(name)

    def resolve(image):
        name = re.split(r"[/\\]", image)[-1]
        if name in files:
            return name
        named = known.get(unicodedata.normalize("NFC", name), [])
        if len(named) > 1:
            raise ValueError(f"Two images have one name. Received: {', '.join(named)}")
        return named[0] if named else None

    return resolve


def _fixations(rows):
    return schema.Fixations.of(
        rows["x"], rows["y"], rows["observer"], rows["order"], rows["duration"]
    )


def _order(recorded, frame):
    """Order from 0: as recorded less the table's smallest, or the order of the rows."""
    rows = frame.groupby(["image", "observer"]).cumcount()
    if recorded is None:
        return rows
    order = dialect.number(recorded)
    odd = (order % 1 != 0) & ~dialect.text(recorded).isin(_MISSING)  # what is no number, too
    if odd.any():
        raise ValueError(f"order must be whole numbers. Received: {recorded[odd.idxmax()]}")
    order = order - order.min()
    if order.max() > np.iinfo(np.int32).max:
        raise ValueError(
            f"order must be a fixation's place in its trial, not a time. "
            f"Received: {recorded[order.idxmax()]}"
        )
    return order.fillna(rows).astype(int)


def _natural(text):
    """Sorts s2 before s10."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", text)
    ]
