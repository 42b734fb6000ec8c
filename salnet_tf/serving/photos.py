"""Predict a file, a folder or a glob of photos; each result is written wholly or not at all."""

import collections
import concurrent.futures
import dataclasses
import glob
import io
import math
import os
import tempfile

import cv2
import numpy as np
import tqdm

from salnet_tf import files, quiet, threads
from salnet_tf.images import crop, listing, render, summary
from salnet_tf.serving import predictor

_ERRORS = (ValueError, OSError, MemoryError, cv2.error)
FORMATS = {
    "npy": ".npy",
    "map": "_map.png",
    "overlay": "_overlay.jpg",
    "contour": "_contour.jpg",
    "json": ".json",
    "crop": "_crop.jpg",
}


@dataclasses.dataclass(frozen=True)
class PredictConfig:
    """What to predict and what to leave of it.

    Args:
        input: a file, a folder, or a glob.
        output_dir: gets a file per photo and format: `STEM.npy`, `STEM_map.png`, ...
        model: as in `predictor.load`.
        formats: of `FORMATS`.
        threads: CPU threads of one run of the network; 0 leaves the choice to the engine.
        workers: photos in work at once; 0 for one more than there are CPUs for.
        resume: True leaves photos alone whose results are all there and not older.
        colour_map: of `render.COLOUR_MAPS`.
        opacity: of the overlay, 0..1.
        peak: density, in multiples of a uniform one, that takes the top colour in every photo; 0
            gives each photo its own scale.
        boxes: (left, top, right, bottom), whose share of the density goes into the json, which
            must be among the formats.
        aspect: width / height of the smart crop.
    """

    input: str
    output_dir: str
    model: str = predictor.DEFAULT_MODEL
    formats: tuple[str, ...] = ("npy", "map", "overlay")
    threads: int = 0
    workers: int = 0
    resume: bool = False
    colour_map: str = "inferno"
    opacity: float = 0.6
    peak: float = 0.0
    boxes: tuple[tuple[int, int, int, int], ...] = ()
    aspect: float = 1.0

    def __post_init__(self):
        unknown = [name for name in self.formats if name not in FORMATS]
        if unknown or not self.formats:
            raise ValueError(f"formats are {', '.join(FORMATS)}. Received: {','.join(unknown)!r}")
        render.check_colour_map(self.colour_map)
        if not 0 <= self.opacity <= 1 or not 0 <= self.peak < math.inf or self.workers < 0:
            raise ValueError(
                "opacity must be 0..1, peak and workers 0 or more. Received: "
                f"{self.opacity}, {self.peak}, {self.workers}"
            )
        if not 0 <= self.threads <= threads.MOST:
            raise ValueError(f"threads must be 0..{threads.MOST}. Received: {self.threads}")
        if self.boxes and "json" not in self.formats:
            raise ValueError(
                f"boxes need json among the formats. Received: {','.join(self.formats)}"
            )


def predict(config):
    """Predict all photos of the input.

    Each worker, a thread, takes a photo from its file to its results; the network is its own.

    Args:
        config: a `PredictConfig`.

    Returns:
        (number of photos done, {path: why it failed}).

    Raises:
        ValueError: no photo in the input, no such model, two photos of one name, no folder for
            the results, or a result that would be written over a photo.
    """
    paths = list_photos(config.input)
    _spare_photos(paths, config)
    if config.resume:
        paths = [path for path in paths if not _is_done(path, config)]
    network = predictor.load(config.model, config.threads or None)
    make_folder(config.output_dir)
    failures = {}
    # One more than CPUs, for while one waits for a disk or for Python's lock.
    workers = config.workers or threads.usable_cpus() // max(1, config.threads) + 1
    with (
        quiet.silent_stderr() as stderr,  # the decoders' complaints about damaged files
        threads.one_opencv_thread(),
        concurrent.futures.ThreadPoolExecutor(workers) as pool,
    ):
        tasks = _ahead(pool, 8 * workers, lambda path: _predict(network, path, config), paths)
        bar = {"total": len(paths), "unit": "photo", "disable": None, "file": stderr}
        for path, task in tqdm.tqdm(tasks, **bar):
            try:
                task.result()
            except _ERRORS as error:
                failures[path] = _reason(path, error)
    return len(paths) - len(failures), failures


def list_photos(pattern):
    """The photos of a file, a folder (not its sub-folders) or a glob, sorted.

    Raises:
        ValueError: there is none, or two would write the same files.
    """
    if os.path.isdir(pattern):
        names = sorted(n for n in os.listdir(pattern) if n.lower().endswith(listing.EXTENSIONS))
        paths = [os.path.join(pattern, name) for name in names]
        # No folder or pipe; a link to nothing is listed among the failures.
        paths = [path for path in paths if os.path.isfile(path) or not os.path.exists(path)]
    elif os.path.isfile(pattern):
        paths = [pattern]
    else:
        paths = [p for p in sorted(glob.glob(pattern, recursive=True)) if os.path.isfile(p)]
    if not paths:
        known = ", ".join(listing.EXTENSIONS)
        raise ValueError(
            f"There is no photo ({known}) in the folder. Received: {pattern!r}"
            if os.path.isdir(pattern)
            else f"There is no such photo, folder or glob of photos. Received: {pattern!r}"
        )
    stems = {}
    for path in paths:
        stem = os.path.splitext(os.path.basename(path))[0]
        if stem in stems:
            raise ValueError(
                "Two inputs would write the same files; rename one, or give each an output_dir of "
                f"its own. Received: {stems[stem]} and {path}"
            )
        stems[stem] = path
    return paths


def make_folder(path):
    """Make the folder of the results, if it is not there.

    Raises:
        ValueError: it cannot be made or written to.
    """
    try:
        os.makedirs(path, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise ValueError(
            f"output_dir cannot be written to: {error.strerror}. Received: {path!r}"
        ) from error


def result_path(path, name, config):
    """Where the result of a photo in a format goes."""
    stem = os.path.splitext(os.path.basename(path))[0]
    return os.path.join(config.output_dir, stem + FORMATS[name])


def write(image, density, path, config):
    """Write a photo's results.

    Args:
        image: `[H, W, 3]` uint8 RGB.
        density: `[H, W]`.
        path: of the photo.
        config: a `PredictConfig`.
    """
    made = {  # all of them before the first is written: a photo has every result or none
        result_path(path, name, config): _made(name, image, density, path, config)
        for name in config.formats
    }
    for target, data in made.items():
        files.write_bytes(target, data)


def _made(name, image, density, path, config):
    """The bytes of a photo's result in a format."""
    colours = {"colour_map": config.colour_map, "peak": config.peak or None}
    if name == "npy":
        buffer = io.BytesIO()
        np.save(buffer, density)
        return buffer.getbuffer()
    if name == "map":
        return render.heat_map_png(density, **colours)
    if name == "json":
        facts = {"image": os.path.basename(path), **summary.summarise(density, config.boxes)}
        return files.json_bytes(facts)
    if name == "overlay":
        picture = render.overlay(image, density, opacity=config.opacity, **colours)
    elif name == "contour":
        picture = render.contour(image, density, config.colour_map)
    else:
        left, top, right, bottom = crop.smart_crop(density, config.aspect)
        picture = image[top:bottom, left:right]
    return render.encoded(FORMATS[name], picture)


def _spare_photos(paths, config):
    """Raise where a result would be written over a photo of the input."""
    results = {result_path(path, name, config) for path in paths for name in config.formats}
    for path in paths:
        target = os.path.join(config.output_dir, os.path.basename(path))
        if target in results and os.path.realpath(target) == os.path.realpath(path):
            raise ValueError(
                "A result would be written over a photo; choose another output_dir. "
                f"Received: {path!r}"
            )


def _ahead(pool, count, function, arguments):
    """(argument, future) of each call in order, the pool working up to `count` calls ahead.

    It wakes up once for half of them: a caller woken by each photo would take turns with the
    workers at Python's lock. What has not begun when the caller stops asking is not begun.
    """
    queue = collections.deque()
    try:
        for argument in arguments:
            queue.append((argument, pool.submit(function, argument)))
            if len(queue) == count:
                concurrent.futures.wait([queue[0][1], queue[count // 2][1]])
                while queue and queue[0][1].done():
                    yield queue.popleft()
        while queue:
            yield queue.popleft()
    finally:
        for _, future in queue:
            future.cancel()


def _predict(network, path, config):
    image = predictor.read_image(path)
    write(image, network.predict(image), path, config)


def _reason(path, error):
    """An error in words, without the path that stands before them."""
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename not in (None, path) else ""
        return error.strerror + where
    return str(error).removeprefix(f"{path}: ") or type(error).__name__


def _is_done(path, config):
    """True where all results are there, none older than the photo."""
    results = [result_path(path, name, config) for name in config.formats]
    try:
        taken = os.path.getmtime(path)
    except OSError:  # a link to nowhere: to predict it says what is wrong
        return False
    return all(os.path.isfile(one) and os.path.getmtime(one) >= taken for one in results)
