"""How a table is read, and its coordinates brought onto the image."""

import dataclasses
import math

import numpy as np

from salnet_tf.fixations import eye_trackers

UNITS = ("pixels", "fraction", "percent")
FRAMES = ("upright", "file")
EYES = ("left", "right")
REPEATS = ("refuse", "join", "keep")


@dataclasses.dataclass(frozen=True)
class Reading:
    """How a table is read; what is None is as the eye tracker's export says.

    Coordinates become pixels of the image as (recorded - offset) * scale, then by `units`.

    Attributes:
        fixations: the table's path in the folder, or a glob of several.
        format: of `eye_trackers.ALL`, or "auto".
        columns: field (of `eye_trackers.FIELDS`) -> column, for those of another name.
        image: the one image that all rows are on, where no column names it.
        rows: column -> values of the rows that are fixations.
        eye: "left" or "right", where a column tells them apart.
        drop_first: leave out the first fixation of every trial.
        repeats: rows that repeat a fixation are refused, joined or kept where it is not sure that
            they are one.
        units: "pixels", or "fraction" or "percent" of the screen, if its size is given, else of
            the image.
        screen: (width, height) in pixels of the screen that coordinates are on.
        first_pixel: what the recorder calls the first pixel: 0, or 1 as in MATLAB.
        offset: (x, y) of the image's top left corner on the screen, in recorded units, or
            "centred" for images in the middle of the screen.
        scale: (x, y) recorded units -> pixels (or fractions) of the image file.
        y_up: y grows upwards.
        frame: "upright": recorded on the photo as EXIF turns it; "file": as the file stores it.
        seconds: durations are in seconds, not milliseconds.
        sigma: ground-truth sigma in pixels of the images; None for 0.03 of the longest side.
        pixels_per_degree: of visual angle, where known: kept in the set's metadata.
        max_loss: share of the fixations on images that may be left out.
    """

    fixations: str = "fixations.csv"
    format: str = "auto"
    columns: dict = dataclasses.field(default_factory=dict)
    image: str | None = None
    rows: dict = dataclasses.field(default_factory=dict)
    eye: str | None = None
    drop_first: bool = False
    repeats: str = "refuse"
    units: str | None = None
    screen: tuple[float, float] | None = None
    first_pixel: int = 0
    offset: tuple[float, float] | str | None = None
    scale: tuple[float, float] = (1.0, 1.0)
    y_up: bool | None = None
    frame: str = "upright"
    seconds: bool | None = None
    sigma: float | None = None
    pixels_per_degree: float | None = None
    max_loss: float = 0.1

    def __post_init__(self):
        unknown = sorted(set(self.columns) - set(eye_trackers.FIELDS))
        if unknown:
            raise ValueError(
                f"columns may name {', '.join(eye_trackers.FIELDS)}. Received: {unknown}"
            )
        for name, allowed in (
            ("format", ("auto", *eye_trackers.ALL)),
            ("units", (None, *UNITS)),
            ("frame", FRAMES),
            ("eye", (None, *EYES)),
            ("repeats", REPEATS),
        ):
            value = getattr(self, name)
            if value not in allowed:
                known = ", ".join(filter(None, allowed))
                raise ValueError(f"{name} must be one of {known}. Received: {value}")
        for name in ("pixels_per_degree", "sigma"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} must be a number above 0. Received: {value}")
        if not 0 <= self.max_loss <= 1:
            raise ValueError(f"max_loss must be 0..1. Received: {self.max_loss}")
        if self.screen is not None and not all(0 < side < math.inf for side in self.screen):
            raise ValueError(f"screen must be width,height in pixels. Received: {self.screen}")
        offset = (0.0, 0.0) if self.offset in (None, "centred") else self.offset
        if isinstance(offset, str) or not np.isfinite([*offset, *self.scale]).all():
            raise ValueError(
                f"offset and scale must be numbers. Received: {self.offset}, {self.scale}"
            )
        if 0 in self.scale:
            raise ValueError(f"scale must not be 0. Received: {self.scale}")
        if self.offset == "centred" and self.screen is None:
            raise ValueError("offset=centred needs the screen's size. Received: screen=None")


def filled(reading, tracker, rows):
    """The reading with what the eye tracker says where the person does not."""
    units = reading.units or tracker.units
    of_screen = tracker.on_screen and tracker.units != "pixels" and reading.units is None
    if of_screen and reading.screen is None:
        raise ValueError(
            f"{tracker.name} records fractions of the screen: give its size and where the "
            "image was on it, as --screen=1920,1080 --offset=centred. Received: neither"
        )
    own_place = rows[["left", "top"]].notna().any(axis=None)
    if reading.offset is None and reading.screen is not None and not own_place:
        raise ValueError(
            "With a screen, offset says where the image was on it: centred, or x,y of its top left "
            "corner. Received: no offset"
        )
    return dataclasses.replace(
        reading,
        units=units,
        y_up=tracker.y_up if reading.y_up is None else reading.y_up,
        seconds=tracker.seconds if reading.seconds is None else reading.seconds,
        offset=(0.0, 0.0) if reading.offset is None else reading.offset,
    )


def off_screen(rows, reading):
    """x and y without where the image was on the screen; what its size decides is left out."""
    screen = reading.screen or (None, None)
    found = []
    for field, side, own, scale, index in zip(
        "xy", screen, ("left", "top"), reading.scale, (0, 1), strict=True
    ):
        values = rows[field] - reading.first_pixel
        if side is not None:
            if reading.units != "pixels":
                values = values * side / (100 if reading.units == "percent" else 1)
            if reading.y_up and field == "y":
                values = side - values
        values = values - rows[own].fillna(0)
        values = values - (side / 2 if reading.offset == "centred" else reading.offset[index])
        found.append(values * scale)
    return found


def on_image(rows, reading, size):
    """Fixations of one image in its pixels.

    Args:
        rows: rows of a `Table`.
        reading: the table's.
        size: (height, width) of the image that was shown.

    Returns:
        `[n, 2]` float64: x, y.
    """
    height, width = size
    xy = rows[["x", "y"]].to_numpy(np.float64, copy=True)
    if reading.units != "pixels" and reading.screen is None:
        xy = xy * (width, height) / (100 if reading.units == "percent" else 1)
    if reading.y_up and reading.screen is None:
        xy = xy * (1, -1) + (0, height)
    if reading.offset == "centred":
        xy += (width / 2, height / 2)
    shown = rows[["shown_width", "shown_height"]].to_numpy(np.float64)
    return xy * np.where(shown > 0, np.divide((width, height), np.where(shown > 0, shown, 1)), 1)
