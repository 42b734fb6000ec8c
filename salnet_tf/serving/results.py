"""What is left of a photo: its density as files, pictures, crops and numbers."""

import dataclasses
import io
import math
import os

import cv2
import numpy as np

from salnet_tf import files
from salnet_tf.images import colour_profile, crop, render, summary
from salnet_tf.serving import areas as areas_lib
from salnet_tf.serving import sources, tables

# Format -> how the names of its files end.
FORMATS = {
    "npy": ".npy",
    "log_npy": "_log.npy",
    "grey": "_grey.png",
    "map": "_map.png",
    "overlay": "_overlay.jpg",
    "contour": "_contour.jpg",
    "json": ".json",
}
# The same of a film; None: as films end here.
FILM_FORMATS = {
    "overlay": None,
    "map": None,
    "side_by_side": None,
    "npy": ".npz",
    "json": "_frames.json",
    "csv": "_frames.csv",
}
DEFAULT_FORMATS = ("npy", "map", "overlay")


@dataclasses.dataclass(frozen=True)
class ResultConfig:
    """What to leave of a photo.

    Args:
        formats: of `FORMATS`.
        colour_map: of `render.COLOUR_MAPS`.
        opacity: of the overlay, 0..1.
        peak: density, in multiples of a uniform one, that takes the top colour in every photo; 0
            gives each photo its own scale.
        crops: `crop.Shape`s to cut from the photo.
        enlarge: True allows crops of more pixels than their window has.
        min_crop: least length of a crop's shorter side, in the photo's pixels.
        areas: image -> areas of interest, as `areas.read` gives them.
        table: `csv` or `parquet` writes `photos.csv`, a row per photo; nothing: none.
        max_size: pixels of the longer side of the density and of the pictures of it, at most; 0
            for the photo's own.
    """

    formats: tuple[str, ...] = DEFAULT_FORMATS
    colour_map: str = "inferno"
    opacity: float = 0.6
    peak: float = 0.0
    crops: tuple[crop.Shape, ...] = ()
    enlarge: bool = False
    min_crop: int = 0
    areas: dict = dataclasses.field(default_factory=dict)
    table: str = ""
    max_size: int = 2048

    def __post_init__(self):
        unknown = [name for name in self.formats if name not in FORMATS]
        if unknown:
            raise ValueError(f"formats are {', '.join(FORMATS)}. Received: {','.join(unknown)!r}")
        render.check_colour_map(self.colour_map)
        if not 0 <= self.opacity <= 1 or not 0 <= self.peak < math.inf:
            raise ValueError(
                f"opacity must be 0..1, peak 0 or more. Received: {self.opacity}, {self.peak}"
            )
        if self.table not in ("", *tables.KINDS):
            raise ValueError(f"table is csv or parquet. Received: {self.table!r}")
        tables.check(self.table)
        if self.max_size < 0 or self.min_crop < 0:
            raise ValueError(
                "max_size and min_crop must be 0 or more. Received: "
                f"{self.max_size}, {self.min_crop}"
            )

    def density_size(self, size):
        """(height, width) of the density of a photo of `size`."""
        scale = min(1.0, self.max_size / max(size)) if self.max_size else 1.0
        return tuple(max(1, round(side * scale)) for side in size)


@dataclasses.dataclass(frozen=True)
class Photo:
    """A photo that is read.

    Attributes:
        source: a `sources.Source`.
        data: the bytes of its file.
        image: `[H, W, 3]` uint8 RGB.
    """

    source: object
    data: bytes
    image: np.ndarray


def paths(source, config, output_dir):
    """The files of a photo's results: format, or a crop's `Shape` -> path."""
    stem = os.path.join(output_dir, source.name)
    named = {name: stem + FORMATS[name] for name in config.formats}
    ending = crop_ending(source.path)
    return named | {shape: f"{stem}_crop_{shape.file_name}{ending}" for shape in config.crops}


def crop_ending(path):
    """A crop is a PNG where the photo is one, a JPEG otherwise."""
    return ".png" if path.lower().endswith(".png") else ".jpg"


def make(photo, densities, config):
    """All results of a photo, before the first is written.

    Args:
        photo: a `Photo`.
        densities: function of (log) that gives the density or its logarithm, `[h, w]`.
        config: a `ResultConfig`.

    Returns:
        (format or `Shape` -> bytes, a dict of what the photo is in numbers).

    Raises:
        ValueError: a crop would be too small, an area lies outside the photo, or a picture is too
            large for its format.
    """
    density, image, size = densities(False), photo.image, photo.image.shape[:2]
    wanted = "json" in config.formats or config.areas or config.table
    facts = facts_of(density, photo.source, config, size) if wanted else {}
    small = image
    if density.shape != size and {"overlay", "contour"} & set(config.formats):
        small = cv2.resize(image, density.shape[::-1], interpolation=cv2.INTER_AREA)
    made = {name: _made(name, small, density, densities, facts, config) for name in config.formats}
    profile = colour_profile.read_profile(photo.data) if config.crops else None
    for shape in config.crops:
        made[shape] = _cut(photo, density, shape, profile, config)
    return made, facts


def _made(name, image, density, densities, facts, config):
    """The bytes of a result in a format."""
    colours = {"colour_map": config.colour_map, "peak": config.peak or None}
    if name in ("npy", "log_npy"):
        buffer = io.BytesIO()
        np.save(buffer, densities(True) if name == "log_npy" else density)
        return buffer.getbuffer()
    if name == "json":
        return files.json_bytes(facts)
    if name == "map":
        return render.heat_map_png(density, **colours)
    if name == "grey":
        picture = render.grey_map(density, config.peak or None)
    elif name == "overlay":
        picture = render.overlay(image, density, opacity=config.opacity, **colours)
    else:
        picture = render.contour(image, density, config.colour_map)
    return render.encoded(FORMATS[name], picture)


def _cut(photo, density, shape, profile, config):
    """The bytes of a crop."""
    image = photo.image
    box = crop.window(density, shape.aspect, image.shape[:2])
    shorter = min(box[2] - box[0], box[3] - box[1])
    if shorter < config.min_crop:
        raise ValueError(
            f"The crop {shape.text} has a side of {shorter} pixels, under min_crop="
            f"{config.min_crop}. Received: {image.shape[1]}x{image.shape[0]}"
        )
    ending = crop_ending(photo.source.path)
    data = render.encoded("_crop" + ending, crop.cut(image, box, shape, config.enlarge))
    if profile:
        add = colour_profile.add_to_png if ending == ".png" else colour_profile.add_to_jpeg
        data = add(data, profile)
    return data


def facts_of(density, source, config, size):
    """What a program wants to know of a photo: a dict for json (see `summary.summarise`)."""
    facts = {"image": sources.image_name(source.path), **summary.summarise(density, size)}
    boxes = {shape: crop.window(density, shape.aspect, size) for shape in config.crops}
    if boxes:
        facts["crops"] = [
            {
                "crop": shape.text,
                **summary.describe_box(box, size),
                "share": round(summary.share(density, box, size), 5),
            }
            for shape, box in boxes.items()
        ]
    mine = areas_lib.of_photo(config.areas, source.path)
    if mine:
        facts["areas"] = areas_lib.measure(density, mine, size)
    return facts


def row(facts):
    """The facts of a photo as one row of a table: focal point, first peak and region, crops."""
    cells = {name: facts[name] for name in ("width", "height")}
    cells |= {f"focal_{name}": value for name, value in facts["focal_point"].items()}
    for name in ("peaks", "regions"):
        first = facts[name][0] if facts[name] else {}
        cells |= {f"{name[:-1]}_{k}": v for k, v in first.items() if k != "fractions"}
    for one in facts.get("crops", ()):
        sides = {k: v for k, v in one.items() if k not in ("crop", "fractions")}
        cells |= {f"crop_{one['crop']}_{k}": v for k, v in sides.items()}
    return cells
