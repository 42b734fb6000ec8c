"""Areas of interest: a csv of boxes by photo, and how much of the looking falls into each."""

import csv
import dataclasses
import math
import os

from salnet_tf.images import summary

_COLUMNS = ("image", "name", "left", "top", "right", "bottom")
_EVERY = ("", "*")  # in the column `image`: an area of every photo
COLUMNS = (*_COLUMNS, "share", "share_by_chance", "times_chance", "rank")


@dataclasses.dataclass(frozen=True)
class Area:
    """A box of a photo, in pixels; right and bottom exclusive."""

    name: str
    box: tuple[int, int, int, int]


def read(path):
    """The areas of a csv.

    Args:
        path: of a csv in UTF-8 with the columns image (a photo's name, or its path relative to the
            input; `*` or nothing for every photo), name, left, top, right, bottom (pixels).

    Returns:
        image -> list of `Area`; those of every photo under `*`.

    Raises:
        ValueError: a column or a number is missing, or a box is empty; the line is named.
        OSError: it cannot be read.
    """
    areas = {}
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise ValueError(
                    f"{path} needs the columns {','.join(_COLUMNS)}. Received: "
                    f"{','.join(map(str, rows.fieldnames or ())) or 'an empty file'}"
                )
            for row in rows:
                image = (row["image"] or "").strip()
                key = "*" if image in _EVERY else os.path.normpath(image)
                areas.setdefault(key, []).append(_area(row, f"{path}, line {rows.line_num}"))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not a csv in UTF-8: {error}") from error
    if not areas:
        raise ValueError(f"There is no area. Received: {path}")
    return areas


def of_photo(areas, path):
    """The areas of a photo: of every photo, of its name, and of the end of its path."""
    normal = os.path.normpath(path)
    mine = [
        found
        for image, found in areas.items()
        if image == "*" or image == normal or normal.endswith(os.sep + image)
    ]
    return [area for found in mine for area in found]


def measure(density, areas, size):
    """How much of the looking falls into each area.

    Args:
        density: `[h, w]`, sums to 1.
        areas: list of `Area`.
        size: (height, width) of the photo.

    Returns:
        A list of dicts: name, the box, share (of the density), share_by_chance (of the photo's
        pixels), times_chance (their ratio) and rank (1 for the largest share).

    Raises:
        ValueError: a box lies outside the photo; its name.
    """
    rows = []
    for area in areas:
        try:
            held = summary.share(density, area.box, size)
        except ValueError as error:
            raise ValueError(f"area {area.name!r}: {error}") from error
        left, top, right, bottom = area.box
        inside = (min(right, size[1]) - max(left, 0)) * (min(bottom, size[0]) - max(top, 0))
        chance = inside / (size[0] * size[1])
        rows.append(
            {
                "name": area.name,
                **dict(zip(_COLUMNS[2:], area.box, strict=True)),
                "share": round(held, 5),
                "share_by_chance": round(chance, 5),
                "times_chance": round(held / chance, 3),
            }
        )
    order = sorted(range(len(rows)), key=lambda i: -rows[i]["share"])
    for rank, i in enumerate(order, 1):
        rows[i]["rank"] = rank
    return rows


def _area(row, where):
    sides = []
    for name in _COLUMNS[2:]:
        try:
            value = float(row[name])
        except (TypeError, ValueError):
            value = math.nan
        if not math.isfinite(value) or abs(value) > 1e9:
            raise ValueError(f"{where}: {name} must be a number. Received: {row[name]!r}")
        sides.append(round(value))
    left, top, right, bottom = sides
    if right <= left or bottom <= top:
        raise ValueError(
            f"{where}: right must be above left, and bottom above top. Received: {sides}"
        )
    return Area((row["name"] or "").strip(), (left, top, right, bottom))
