"""Predict films and cameras: a density per frame, smoothed in time; films and numbers of it."""

import contextlib
import dataclasses
import io
import itertools
import json
import math
import os
import shutil
import tempfile
import zipfile

import cv2
import numpy as np

from salnet_tf import command_line, files
from salnet_tf.images import render
from salnet_tf.serving import film_files, photos, results, shots, tables

_GRID = 128  # cells of the longer side of the densities that are kept


@dataclasses.dataclass(frozen=True)
class FilmConfig:
    """How to work through films.

    Args:
        formats: of `results.FILM_FORMATS`: overlay, map and side_by_side are films; npy is the
            densities of all frames (`density`, `[n, h, w]` float16, in multiples of a uniform one,
            the longer side 128; `seconds`, `[n]`); json and csv are what `images.summary` says of
            each.
        smoothing: weight of the past in the running average of densities, 0 (none) up to 1; a cut
            in the film begins a new one.
        max_frames: frames to take; 0 for all (a camera has no end).
        every: seconds between the frames that are taken; 0 for each frame. A film written of them
            shows them in the same time.
    """

    formats: tuple[str, ...] = ("overlay",)
    smoothing: float = 0.7
    max_frames: int = 0
    every: float = 0.0

    def __post_init__(self):
        unknown = [name for name in self.formats if name not in results.FILM_FORMATS]
        if unknown or not self.formats:
            raise ValueError(
                f"formats of a film are {', '.join(results.FILM_FORMATS)}. "
                f"Received: {','.join(unknown)!r}"
            )
        if not 0 <= self.smoothing < 1 or self.max_frames < 0 or not 0 <= self.every < math.inf:
            raise ValueError(
                "smoothing must be 0 up to 1, max_frames and every 0 or more. Received: "
                f"{self.smoothing}, {self.max_frames}, {self.every}"
            )


@dataclasses.dataclass(frozen=True)
class Written:
    """What a film left.

    Attributes:
        paths: of the files.
        frames: taken.
        problem: what is missing of it, in words; empty where nothing is.
    """

    paths: list
    frames: int
    problem: str = ""


def predict(source, network, config, result, output_dir):
    """Predict every frame of a film and write its results; Ctrl-C ends a camera.

    Args:
        source: a `sources.Source`.
        network: a `Predictor`.
        config: a `FilmConfig`.
        result: a `results.ResultConfig` (colours, crops and areas are used).
        output_dir: folder of the results.

    Returns:
        A `Written`.

    Raises:
        ValueError: no such camera or film, or not one frame in it.
        OSError: a result cannot be written whole, as on a full disk; what was there stays.
    """
    with film_files.opened(source.path) as film:
        frames = _chosen(film.frames, config)
        first = next(frames, None)
        if first is None:
            raise ValueError(f"Not one frame can be read. Received: {source.path!r}")
        rate = min(film.rate, 1 / config.every) if config.every else film.rate
        total = _expected(film, rate, config)
        frames = command_line.progress(itertools.chain([first], frames), total, "frame")
        with contextlib.ExitStack() as stack:
            photos.make_folder(os.path.join(output_dir, os.path.dirname(source.name)))
            sinks = [
                stack.enter_context(_sink(name, source, film, rate, config, result, output_dir))
                for name in config.formats
            ]
            taken = _run(frames, network, config, sinks, source)
    paths = [path_of(name, source, output_dir) for name in config.formats]
    promised = _promised(film, rate, config)
    cut = promised - taken > max(2, 0.02 * promised)
    problem = f"ends early, {taken} of {promised} frames can be read" if cut else ""
    return Written(paths, taken, problem)


def path_of(name, source, output_dir):
    """Where a result of a film goes."""
    ending = results.FILM_FORMATS[name] or f"_{name}{film_files.ending()}"
    return os.path.join(output_dir, source.name + ending)


def _chosen(frames, config):
    """Every frame, or one each `config.every` seconds."""
    due = 0.0
    for seconds, retrieve in frames:
        if seconds >= due - 1e-6:
            due = max(due + config.every, seconds) if config.every else 0.0
            yield seconds, retrieve


def _promised(film, rate, config):
    """Frames that the file promises to take; 0 where that is not known."""
    promised = int(film.count / film.rate * rate)
    return min(promised, config.max_frames) if config.max_frames else promised


def _expected(film, rate, config):
    """Frames to come, for the progress bar; None where that is not known."""
    return _promised(film, rate, config) or config.max_frames or None


def _run(frames, network, config, sinks, source):
    """Predict frames into sinks; the number of them."""
    taken, average = 0, shots.ShotAverage(config.smoothing)
    try:
        for seconds, retrieve in frames:
            frame = retrieve()
            density = average.add(frame, network.predict(frame))
            for sink in sinks:
                sink(seconds, frame, density)
            taken += 1
            if taken == config.max_frames:
                break
    except KeyboardInterrupt:
        if not source.path.startswith("camera:"):
            raise
    return taken


def _sink(name, source, film, rate, config, result, output_dir):
    """A context that gives `add(seconds, frame, density)` and ends in a whole file."""
    path = path_of(name, source, output_dir)
    if name == "npy":
        return _density_sink(path)
    if name in ("json", "csv"):
        return _facts_sink(path, source, rate, result)
    sound = source.path if film.has_file else ""
    seconds = config.max_frames / rate if config.max_frames else None
    return _film_sink(path, name, rate, sound, seconds, result)


@contextlib.contextmanager
def _film_sink(path, style, rate, sound, seconds, result):
    writers = []
    with files.new_file(path) as partial:

        def add(_, frame, density):
            drawn = _drawn(frame, density, style, result)
            if not writers:
                size = drawn.shape[1::-1]
                writers.append(film_files.open_writer(partial, size, rate, sound, seconds))
            writers[0].write(drawn)

        try:
            yield add
        except BaseException:
            for writer in writers:
                writer.abort()
            raise
        for writer in writers:
            writer.close()


def _drawn(frame, density, style, result):
    """A frame of a film, its sides even as video coders want them."""
    colours = {"colour_map": result.colour_map, "peak": result.peak or None}
    if style == "overlay":
        drawn = render.overlay(frame, density, opacity=result.opacity, **colours)
    else:
        drawn = render.heat_map(density, **colours)
        drawn = np.hstack([frame, drawn]) if style == "side_by_side" else drawn
    return drawn[: drawn.shape[0] // 2 * 2, : drawn.shape[1] // 2 * 2]


@contextlib.contextmanager
def _facts_sink(path, source, rate, result):
    """Of json, one object with the frames' facts; of csv, a row per frame."""
    rows = []
    is_json = path.endswith(".json")

    def add(seconds, frame, density):
        facts = results.facts_of(density, source, result, frame.shape[:2])
        del facts["image"]
        facts = facts if is_json else results.row(facts)
        rows.append({"frame": len(rows), "seconds": round(seconds, 4), **facts})

    yield add
    if is_json:
        film = {"film": os.path.basename(source.path), "frames_per_second": round(rate, 4)}
        files.write_bytes(path, (json.dumps({**film, "frames": rows}) + "\n").encode())
    else:
        tables.write(path, rows)


@contextlib.contextmanager
def _density_sink(path):
    """An npz of all densities, which are kept in a file meanwhile: films are long."""
    times, cells = [], []
    with tempfile.TemporaryFile() as kept:

        def add(seconds, _, density):
            if not cells:
                scale = min(1.0, _GRID / max(density.shape))
                cells.extend(max(1, round(side * scale)) for side in density.shape)
            small = cv2.resize(density, cells[::-1], interpolation=cv2.INTER_AREA)
            small = small.reshape(cells)
            kept.write((small * (small.size / small.sum())).astype("<f2").tobytes())
            times.append(seconds)

        yield add
        kept.seek(0)
        with files.new_file(path) as partial, zipfile.ZipFile(partial, "w", 8) as archive:
            with archive.open("density.npy", "w", force_zip64=True) as member:
                header = {"descr": "<f2", "fortran_order": False, "shape": (len(times), *cells)}
                np.lib.format.write_array_header_1_0(member, header)
                shutil.copyfileobj(kept, member)
            buffer = io.BytesIO()
            np.save(buffer, np.array(times))
            archive.writestr("seconds.npy", buffer.getvalue())
