"""Predict a file, a folder or a glob of photos; each result is written wholly or not at all."""

import dataclasses
import glob
import os
import sys

import cv2
import numpy as np
import tqdm

from salnet_tf.serving import atomic, predictor, render

FORMATS = ("npy", "map", "overlay")
EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


@dataclasses.dataclass(frozen=True)
class PredictConfig:
    """What to predict and what to leave of it.

    Args:
        input: a file, a folder, or a glob.
        output_dir: gets `STEM.npy`, `STEM_map.png`, `STEM_overlay.jpg`.
        model: as in `predictor.load`.
        formats: of `FORMATS`.
        threads: CPU threads of the network; 0 leaves the choice to the engine.
    """

    input: str
    output_dir: str
    model: str = "salnet"
    formats: tuple[str, ...] = FORMATS
    threads: int = 0

    def __post_init__(self):
        unknown = [name for name in self.formats if name not in FORMATS]
        if unknown or not self.formats:
            raise ValueError(f"formats are {', '.join(FORMATS)}. Received: {','.join(unknown)!r}")


def predict(config):
    """Predict all photos of the input.

    Args:
        config: a `PredictConfig`.

    Returns:
        (number of photos done, {path: why it failed}).

    Raises:
        ValueError: no photo in the input, no such model, two photos of one name.
    """
    paths = list_photos(config.input)
    network = predictor.load(config.model, config.threads or None)
    failures = {}
    for path in tqdm.tqdm(paths, unit="photo", disable=not sys.stderr.isatty()):
        try:
            image = predictor.read_image(path)
            write(image, network.predict(image), _stem(path, config), config.formats)
        except (ValueError, OSError) as error:
            failures[path] = str(error)
    return len(paths) - len(failures), failures


def list_photos(pattern):
    """The photos of a file, a folder (not its sub-folders) or a glob, sorted.

    Raises:
        ValueError: there is none, or two would write the same files.
    """
    if os.path.isdir(pattern):
        names = sorted(os.listdir(pattern))
        paths = [os.path.join(pattern, n) for n in names if n.lower().endswith(EXTENSIONS)]
    elif os.path.isfile(pattern):
        paths = [pattern]
    else:
        paths = [
            path for path in sorted(glob.glob(pattern, recursive=True)) if os.path.isfile(path)
        ]
    if not paths:
        raise ValueError(
            f"input must be a photo, a folder or a glob of photos. Received: {pattern!r}"
        )
    stems = {}
    for path in paths:
        stem = os.path.splitext(os.path.basename(path))[0]
        if stem in stems:
            raise ValueError(f"Two photos would write the same files: {stems[stem]} and {path}")
        stems[stem] = path
    return paths


def write(image, density, stem, formats):
    """Write a photo's results to `stem` plus `.npy`, `_map.png`, `_overlay.jpg`."""
    if "npy" in formats:
        with atomic.new_file(stem + ".npy") as path:
            np.save(path, density)
    if "map" in formats:
        _write_picture(stem + "_map.png", render.heat_map(density))
    if "overlay" in formats:
        _write_picture(stem + "_overlay.jpg", render.overlay(image, density))


def _stem(path, config):
    return os.path.join(config.output_dir, os.path.splitext(os.path.basename(path))[0])


def _write_picture(path, image):
    done, data = cv2.imencode(os.path.splitext(path)[1], cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    if not done:
        raise ValueError(f"The picture cannot be encoded: {path}")
    atomic.write_bytes(path, data.tobytes())
