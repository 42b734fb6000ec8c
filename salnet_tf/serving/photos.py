"""Predict photos: each from its file to its results, which are written all or not at all."""

import collections
import concurrent.futures
import contextlib
import dataclasses
import os
import sys
import tempfile
import threading

import cv2

from salnet_tf import command_line, files, quiet, threads
from salnet_tf.images import geometry, reading
from salnet_tf.serving import results, sources, tables

ERRORS = (ValueError, OSError, MemoryError, cv2.error)  # of one photo
_LARGE = 4_000_000  # bytes of a photo beside which no other large one is decoded


@dataclasses.dataclass(frozen=True)
class PhotoConfig:
    """How to work through photos.

    Args:
        output_dir: gets a file per photo and format: `STEM.npy`, `STEM_map.png`, ...
        result: a `results.ResultConfig`.
        threads: CPU threads of one run of the network; 0 leaves the choice to the engine.
        workers: photos in work at once; 0 for one more than there are CPUs for.
        resume: True leaves photos alone whose results are all there and not older.
    """

    output_dir: str = "saliency"
    result: results.ResultConfig = dataclasses.field(default_factory=results.ResultConfig)
    threads: int = 0
    workers: int = 0
    resume: bool = False

    def __post_init__(self):
        if not self.output_dir:
            raise ValueError("output_dir must be the path of a folder. Received: ''")
        if not 0 <= self.workers <= threads.MOST or not 0 <= self.threads <= threads.MOST:
            raise ValueError(
                f"threads and workers must be 0..{threads.MOST}. "
                f"Received: {self.threads}, {self.workers}"
            )
        if self.resume and (self.result.table or self.result.areas):
            raise ValueError("resume writes no table: a photo left alone would have no row in it.")


def predict(photos, network, config):
    """Predict photos.

    Each worker, a thread, takes a photo from its file to its results.

    Args:
        photos: list of `sources.Source`.
        network: a `Predictor`.
        config: a `PhotoConfig`.

    Returns:
        (number of photos done, {path: why it failed}).

    Raises:
        ValueError: no folder for the results, or a result that would be written over a photo.
    """
    _spare_photos(photos, config)
    make_folder(config.output_dir)
    for folder in {os.path.dirname(photo.name) for photo in photos}:
        files.remove_abandoned(os.path.join(config.output_dir, folder))
    if config.resume:
        photos = [photo for photo in photos if not _is_done(photo, config)]
    facts, failures = {}, {}
    # One more than CPUs, for while one waits for a disk or for Python's lock.
    workers = config.workers or threads.usable_cpus() // max(1, config.threads) + 1
    with (
        quiet.silent_stderr() as stderr,  # the decoders' complaints about damaged files
        threads.one_opencv_thread(),
        concurrent.futures.ThreadPoolExecutor(workers) as pool,
    ):
        tasks = ahead(pool, 8 * workers, lambda photo: _predict(network, photo, config), photos)
        for photo, task in command_line.progress(tasks, len(photos), "photo", stderr):
            try:
                answer = task.result()
                if config.result.table or config.result.areas:
                    facts[photo] = answer
            except ERRORS as error:
                failures[photo.path] = reason(photo.path, error)
    _write_tables(facts, config)
    return len(photos) - len(failures), failures


def make_folder(path):
    """Make the folder of the results, if it is not there; clear what killed runs left in it.

    Raises:
        ValueError: it cannot be made or written to.
    """
    if "://" in path:
        raise ValueError(f"output_dir must be on a disk. Received: {path!r}")
    try:
        os.makedirs(path, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise ValueError(
            f"output_dir cannot be written to: {error.strerror}. Received: {path!r}"
        ) from error
    files.remove_abandoned(path)


def reason(path, error):
    """An error in words, without the path that stands before them."""
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename not in (None, path) else ""
        return error.strerror + where
    return str(error).removeprefix(f"{path}: ") or type(error).__name__


def read(source):
    """The `results.Photo` of a source.

    Raises:
        ValueError: it cannot be decoded.
        OSError: it cannot be read.
    """
    data = _bytes(source.path)
    return results.Photo(source, data, reading.read_image(data))


def densities(photo, network, result):
    """Where people look in a photo: a function of (log), as `results.make` takes it.

    Args:
        photo: a `results.Photo`.
        network: a `Predictor`.
        result: a `results.ResultConfig`.
    """
    canvas, placement = geometry.image_to_canvas(photo.image, network.image_size)
    logits = network.engine.logits(canvas)
    size = result.density_size(photo.image.shape[:2])
    return lambda log: geometry.canvas_to_density(logits, placement, size, log)


def write(photo, densities, config):
    """Write a photo's results, all or none; its facts.

    Args:
        photo: a `results.Photo`.
        densities: as `results.make` takes them.
        config: a `PhotoConfig`.
    """
    made, facts = results.make(photo, densities, config.result)
    targets = results.paths(photo.source, config.result, config.output_dir)
    files.write_together({targets[name]: content for name, content in made.items()})
    return facts


def turn(file_bytes):
    """For `with`, around a photo: of those whose files may hold very many pixels, one at a time."""
    return _one_large_photo if file_bytes > _LARGE else contextlib.nullcontext()


_one_large_photo = threading.Lock()


def _predict(network, source, config):
    """A photo from its file to its results; its facts."""
    with turn(_bytes_of(source.path)):
        photo = read(source)
        return write(photo, densities(photo, network, config.result), config)


def _bytes(path):
    if path == sources.STDIN:
        return sys.stdin.buffer.read()
    with open(path, "rb") as file:
        return file.read()


def _bytes_of(path):
    return os.path.getsize(path) if os.path.isfile(path) else 0


def _spare_photos(photos, config):
    """Raise where a result would be written over a photo of the input."""
    targets = set()
    for photo in photos:
        for path in results.paths(photo, config.result, config.output_dir).values():
            targets.add(os.path.realpath(path))
    for photo in photos:
        if os.path.realpath(photo.path) in targets:
            raise ValueError(
                "A result would be written over a photo; choose another output_dir. "
                f"Received: {photo.path!r}"
            )


def ahead(pool, count, function, arguments):
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


def _is_done(photo, config):
    """True where all results are there, none older than the photo."""
    paths = results.paths(photo, config.result, config.output_dir).values()
    try:
        taken = os.path.getmtime(photo.path)
    except OSError:  # standard input, or a link to nowhere: to predict it says what is wrong
        return False
    return all(os.path.isfile(one) and os.path.getmtime(one) >= taken for one in paths)


def _write_tables(facts, config):
    """Write a row per photo, and one per area of interest."""
    if not facts:
        return
    if config.result.table:
        rows = [{"image": photo.path, **results.row(one)} for photo, one in facts.items()]
        tables.write(os.path.join(config.output_dir, f"photos.{config.result.table}"), rows)
    if config.result.areas:
        rows = [
            {"image": photo.path, **area}
            for photo, one in facts.items()
            for area in one.get("areas", ())
        ]
        tables.write(os.path.join(config.output_dir, f"areas.{config.result.table or 'csv'}"), rows)
