"""Smart crop: the window of a shape that keeps the most of what people look at.

A shape is an aspect ratio (`16:9`: the largest such window) or a size (`200x200`: the same, and
the picture in it resized to 200x200 pixels).
"""

import dataclasses
import math
import re

import cv2
import numpy as np

_SHAPES = (
    "A crop is WIDTH:HEIGHT, an aspect ratio, or WIDTHxHEIGHT, pixels, all above 0. Received: "
)
_MAX_SIDE = 65_535  # of a JPEG


@dataclasses.dataclass(frozen=True)
class Shape:
    """What a crop looks like.

    Args:
        text: as a person writes it, `16:9` or `200x200`.
        aspect: width / height.
        size: (width, height) in pixels; None for those of the window.
    """

    text: str
    aspect: float
    size: tuple[int, int] | None = None

    @property
    def file_name(self):
        """The part of a file's name: `16-9` or `200x200`."""
        return self.text.replace(":", "-")


@dataclasses.dataclass(frozen=True)
class Crop:
    """A photo's crop.

    Attributes:
        image: `[height, width, 3]` uint8 RGB.
        box: (left, top, right, bottom) of the window in the photo's pixels, right and bottom
            exclusive.
    """

    image: np.ndarray
    box: tuple[int, int, int, int]


def parse_shape(text):
    """`16:9`, `1.78` or `200x200` -> a `Shape`.

    Raises:
        ValueError: it is none of these.
    """
    if not isinstance(text, str):
        raise ValueError(f"{_SHAPES}{text!r}")
    size = re.fullmatch(r"(\d{1,9})x(\d{1,9})", text)
    if size:
        width, height = int(size[1]), int(size[2])
        if not (1 <= width <= _MAX_SIDE and 1 <= height <= _MAX_SIDE):
            raise ValueError(f"The sides of a crop are 1..{_MAX_SIDE} pixels. Received: {text!r}")
        return Shape(text, width / height, (width, height))
    try:
        width, colon, height = text.partition(":")
        aspect = float(width) / float(height if colon else 1)
    except (ValueError, ZeroDivisionError):
        aspect = 0.0
    if not (aspect > 0 and math.isfinite(aspect)):
        raise ValueError(f"{_SHAPES}{text!r}")
    return Shape(text, aspect)


def smart_crop(density, aspect):
    """The largest window of an aspect ratio with the most density; among equals the most central.

    Args:
        density: `[H, W]`.
        aspect: width / height of the window.

    Returns:
        (left, top, right, bottom) in whole pixels, right and bottom exclusive.
    """
    return window(density, aspect, density.shape)


def window(density, aspect, size):
    """`smart_crop` of a photo of another size than its density.

    Args:
        density: `[h, w]`.
        aspect: width / height of the window.
        size: (height, width) of the photo.

    Returns:
        (left, top, right, bottom) in whole pixels of the photo.
    """
    height, width = size
    if width > height * aspect:
        length = min(width, max(1, round(height * aspect)))
        left = _best_start(density.sum(axis=0, dtype=np.float64), width, length)
        return left, 0, left + length, height
    length = min(height, max(1, round(width / aspect)))
    top = _best_start(density.sum(axis=1, dtype=np.float64), height, length)
    return 0, top, width, top + length


def cut(image, box, shape, enlarge=False):
    """The pixels of a window, resized where the shape says to what size.

    Args:
        image: `[H, W, 3]` uint8.
        box: (left, top, right, bottom).
        shape: a `Shape`.
        enlarge: True allows a size that is larger than the window.

    Raises:
        ValueError: the size is larger than the window, and may not be.
    """
    left, top, right, bottom = box
    picture = image[top:bottom, left:right]
    if shape.size in (None, (right - left, bottom - top)):
        return picture
    width, height = shape.size
    grows = width > right - left or height > bottom - top
    if grows and not enlarge:
        raise ValueError(
            f"A crop of {shape.text} would enlarge the photo, whose window is {right - left}x"
            f"{bottom - top} (enlarge allows it). Received: {image.shape[1]}x{image.shape[0]}"
        )
    method = cv2.INTER_CUBIC if grows else cv2.INTER_AREA
    return cv2.resize(picture, (width, height), interpolation=method)


def focal_point(density):
    """The point that a crop of any shape should keep: (x, y), each 0..1 of the photo's side.

    Per side it is the middle of the half that holds the most density, so that a window around it
    is a good one whatever its length.
    """
    middles = []
    for axis in (0, 1):
        profile = density.sum(axis=axis, dtype=np.float64)
        length = max(1, round(len(profile) / 2))
        start = _best_start(profile, len(profile), length)
        middles.append((start + length / 2) / len(profile))
    return tuple(middles)


def _best_start(profile, side, length):
    """Start of the heaviest run of `length` of `side` pixels; of equals the most central.

    Args:
        profile: density along the side, in cells of equal length.
        side: in pixels.
        length: of the run, in pixels.
    """
    held = np.concatenate([[0], np.cumsum(profile)])
    if len(profile) != side:  # the density up to each pixel's edge
        edges = np.arange(side + 1) * (len(profile) / side)
        held = np.interp(edges, np.arange(len(held)), held)
    inside = held[length:] - held[:-length]
    best = np.flatnonzero(inside >= inside.max() - 1e-6 * held[-1])
    return int(best[np.argmin(np.abs(best - (len(inside) - 1) / 2))])
