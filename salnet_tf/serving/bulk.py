"""Photos by the million: records in, rows of a table out, in blocks that are written whole.

No engine is in here. One that hands out blocks calls `prepare` and `missing` once and `write_block`
for each block wherever a `Predictor` is; `trainers.predict_bulk` does so on Ray Data. A block that
is handed out twice is written over itself.

    OUTPUT_DIR/settings.json    what made the rows
    OUTPUT_DIR/rows/*.parquet   a row per photo, a file per block
    OUTPUT_DIR/files/...        pictures and densities, under the path of their photo, if asked for
"""

import collections
import concurrent.futures
import contextlib
import dataclasses
import functools
import glob
import hashlib
import json
import os
import re

import numpy as np

from salnet_tf import files, quiet, threads
from salnet_tf.images import geometry, listing, reading
from salnet_tf.models import catalogue
from salnet_tf.serving import areas, metadata, photos, predictor, results, sources, tables

_DEATHS = 3  # of processes, after which a photo is given up


@dataclasses.dataclass(frozen=True)
class BulkConfig:
    """How to work through many photos.

    Args:
        output_dir: a folder on disk, or any that fsspec writes (`s3://...`).
        model: as in `predictor.load`.
        result: a `results.ResultConfig` with table `parquet`. Crops are windows in a row; formats
            are files, all but json, which says what a row does.
        grid: (height, width) of the density in a row, in cells; None: none.
        block_size: photos of a block, which are lost together when a process is killed.
        workers: photos in work at once in a process.
    """

    output_dir: str
    model: str = predictor.DEFAULT_MODEL
    result: results.ResultConfig = dataclasses.field(
        default_factory=lambda: results.ResultConfig(formats=(), table="parquet")
    )
    grid: tuple[int, int] | None = None
    block_size: int = 500
    workers: int = 2

    def __post_init__(self):
        if not self.output_dir:
            raise ValueError("output_dir must be the path of a folder. Received: ''")
        if self.result.table != "parquet":
            raise ValueError(f"table must be parquet. Received: {self.result.table!r}")
        if "json" in self.result.formats:
            raise ValueError("formats leave out json: the rows say it. Received: 'json'")
        if self.grid is not None and (min(self.grid) < 1 or max(self.grid) > 1024):
            raise ValueError(f"grid must be 1..1024 by 1..1024 cells. Received: {self.grid}")
        if not 1 <= self.block_size <= 100_000:
            raise ValueError(f"block_size must be 1..100000. Received: {self.block_size}")
        if not 1 <= self.workers <= threads.MOST:
            raise ValueError(f"workers must be 1..{threads.MOST}. Received: {self.workers}")


@dataclasses.dataclass(frozen=True)
class Record:
    """A photo to predict.

    Attributes:
        path: of its file, or a name for what `data` holds.
        data: bytes of an image file; None: those at `path`.
    """

    path: str
    data: bytes | None = None


def find(text):
    """Paths of photos, each once.

    Args:
        text: a photo; a folder, taken with its sub-folders; a glob; a `.txt` file of a path a line;
            a `.parquet` file with a column `path`. Each on disk or anywhere fsspec reads.

    Returns:
        A list of paths, in order.

    Raises:
        ValueError: there is no photo, or a list is not one.
        OSError: it cannot be read.
    """
    if text.endswith(".txt"):
        lines = _read(text).decode("utf-8-sig").splitlines()
        paths = [line.strip() for line in lines if line.strip()]
    elif text.endswith(".parquet"):
        paths = _column_of_paths(text)
    elif _is_remote(text):
        paths = _remote_photos(text)
    else:
        paths = listing.list_photos(text, recursive=True).photos
    if not paths:
        raise ValueError(f"There is no photo. Received: {text!r}")
    return list(dict.fromkeys(paths))


def prepare(config):
    """Make the folders of the results, or see that those there were made by the same settings.

    Raises:
        ValueError: there is no such model, the folder cannot be made, or holds rows of others.
    """
    path = _join(config.output_dir, "settings.json")
    mine = json.loads(files.json_bytes(_settings(config)))
    if not _is_remote(config.output_dir):
        photos.make_folder(config.output_dir)
        photos.make_folder(_join(config.output_dir, "rows"))
    try:
        there = json.loads(_read(path))
    except FileNotFoundError:
        _write(path, files.json_bytes(mine))
        return
    other = [name for name, value in mine.items() if there.get(name) != value]
    if other:
        raise ValueError(
            f"output_dir holds rows that were made with another {', '.join(other)}; choose another "
            f"folder. Received: {config.output_dir!r}"
        )


def missing(paths, config):
    """The photos that have no row, in blocks.

    What is left of a run that was killed falls into the same blocks again.

    Args:
        paths: list, each once.
        config: a `BulkConfig`.

    Returns:
        A list of lists of paths.
    """
    done = _done(config)
    rest = [path for path in paths if path not in done]
    return [rest[i : i + config.block_size] for i in range(0, len(rest), config.block_size)]


def write_block(records, network, config):
    """Predict a block of photos and write their rows as one file, all or none.

    Args:
        records: list of `Record`.
        network: a `Predictor`.
        config: a `BulkConfig`.

    Returns:
        How many photos failed; their rows say why.

    Raises:
        OSError: a result cannot be written.
    """
    names = "\n".join(record.path for record in records)
    part = _join(config.output_dir, "rows", hashlib.sha256(names.encode()).hexdigest()[:16])
    with _Trail(part) as trail:
        made = list(rows(records, network, config, trail))
        _write(f"{part}.parquet", tables.parquet_bytes(made, schema(config)))
    return sum(row["error"] is not None for row in made)


def rows(records, network, config, trail=None):
    """Predict photos, the files of each written before its row comes out.

    Args:
        records: an iterable of `Record`, taken as far ahead as photos are in work.
        network: a `Predictor`.
        config: a `BulkConfig`.
        trail: of the block, as `write_block` keeps it; None: none.

    Yields:
        A dict per record, in order: path; error (None, or why there is nothing else); what
        `results.row` says; peaks and areas, lists of dicts; density, `[grid height * grid width]`
        float16 in multiples of a uniform one, so that its mean is 1.

    Raises:
        OSError: a file cannot be written.
    """
    with (
        quiet.silent_stderr(),  # the decoders' complaints about damaged files
        threads.one_opencv_thread(),
        concurrent.futures.ThreadPoolExecutor(config.workers) as pool,
    ):
        work = functools.partial(_row, network=network, config=config, trail=trail)
        for _, task in photos.ahead(pool, 8 * config.workers, work, records):
            yield task.result()


def schema(config):
    """The pyarrow schema of the rows: that of one photo, so that every block has the same."""
    import pyarrow

    size = (64, 64)
    drawn = np.zeros(size, np.float32)
    drawn[20:40, 20:40] = 1 / 400
    marked = {"*": [areas.Area("", (0, 0, 1, 1))]} if config.result.areas else {}
    result = dataclasses.replace(config.result, areas=marked)
    facts = results.facts_of(drawn, sources.Source("", ""), result, size)
    found = pyarrow.Table.from_pylist([_cells("", "", facts)]).schema
    if config.grid:
        found = found.append(pyarrow.field("density", pyarrow.list_(pyarrow.float16())))
    return found


class _Trail:
    """Which photos of a block are in work, on disk: what a process leaves behind that dies of one.

    Args:
        part: path of the block's rows without its ending; of a remote one no trail is kept.
    """

    def __init__(self, part):
        self._path = None if _is_remote(part) else f"{part}.trail"

    def __enter__(self):
        self._begun = collections.Counter()
        if self._path:
            self._file = open(self._path, "a+b", buffering=0)
            self._file.seek(0)
            for line in self._file.read().decode(errors="replace").splitlines():
                self._begun[line[1:]] += 1 if line.startswith("+") else -1
        return self

    def __exit__(self, kind, *error):
        if self._path:
            self._file.close()
            if kind is None:
                with contextlib.suppress(FileNotFoundError):
                    os.remove(self._path)

    def begin(self, path):
        """Raise ValueError for a photo with which processes died."""
        self._note("+", path)
        if self._begun[path] >= _DEATHS:
            raise ValueError(f"A process died {_DEATHS} times while this photo was in work.")

    def end(self, path):
        """Note that the process lived."""
        self._note("-", path)

    def _note(self, sign, path):
        if self._path:
            self._file.write(f"{sign}{path}\n".encode())


def _row(record, network, config, trail):
    """The row of a photo, its files written."""
    source = sources.Source(record.path, _name(record.path))
    try:
        if trail:
            trail.begin(record.path)
        data = _read(record.path) if record.data is None else record.data
        with photos.turn(len(data)):
            photo = results.Photo(source, data, reading.read_image(data))
            row, made = _results(photo, network, config)
    except photos.ERRORS as error:
        return {"path": record.path, "error": photos.reason(record.path, error)}
    finally:
        if trail:
            trail.end(record.path)
    for path, content in made.items():
        _write(path, content)
    return row


def _results(photo, network, config):
    """(row, path -> bytes) of a photo."""
    densities = functools.cache(photos.densities(photo, network, config.result))
    facts = results.facts_of(densities(False), photo.source, config.result, photo.image.shape[:2])
    row = _cells(photo.source.path, None, facts)
    if config.grid:
        row["density"] = _on_grid(densities(False), config.grid)
    drawn = dataclasses.replace(config.result, crops=(), areas={}, table="")
    made = results.make(photo, densities, drawn)[0]
    targets = results.paths(photo.source, drawn, _join(config.output_dir, "files"))
    return row, {targets[name]: content for name, content in made.items()}


def _cells(path, error, facts):
    lists = {name: facts[name] for name in ("peaks", "areas") if name in facts}
    return {"path": path, "error": error, **results.row(facts), **lists}


def _on_grid(density, grid):
    """A density averaged over the cells of a grid, in multiples of a uniform one."""
    cells = geometry.resize_image(density[..., None], grid).ravel()
    return (cells / cells.mean()).astype(np.float16)


def _name(path):
    """The path of a photo's files, before their endings, by the path of the photo alone."""
    plain = os.path.normpath(path.replace("://", "/").replace(":", "_"))
    parts = [part for part in plain.split(os.sep) if part not in ("", "..")]
    stem, ending = os.path.splitext(os.path.join(*parts))
    return sources.shortened(stem + ending.replace(".", "_"))


def _settings(config):
    """What decides the rows, for json."""
    path = catalogue.find(config.model).path
    return {
        "model": metadata.file_sha256(path) if os.path.isfile(path) else path,
        "grid": config.grid,
        **dataclasses.asdict(config.result),
    }


def _done(config):
    """Paths of the photos that have a row."""
    folder = _join(config.output_dir, "rows")
    if _is_remote(folder):
        system, inside = _file_system(folder)
        parts = system.glob(f"{inside}/*.parquet")
    else:
        system, parts = None, glob.glob(os.path.join(glob.escape(folder), "*.parquet"))
    if not parts:
        return set()
    from pyarrow import dataset

    found = dataset.dataset(parts, format="parquet", filesystem=system)
    return set(found.to_table(columns=["path"])["path"].to_pylist())


def _column_of_paths(text):
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(pyarrow.BufferReader(_read(text)), columns=["path"])
        return [path for path in table["path"].to_pylist() if path]
    except (pyarrow.ArrowInvalid, KeyError) as error:
        raise ValueError(
            f"A parquet file of photos has a column `path`. Received: {text!r}"
        ) from error


def _remote_photos(text):
    """Photos behind a remote file, folder or glob."""
    system, inside = _file_system(text)
    found = system.glob(inside) if re.search(r"[*?[]", inside) else system.find(inside)
    return [system.unstrip_protocol(path) for path in listing.among(found).photos]


def _is_remote(path):
    return "://" in path


def _file_system(path):
    """(fsspec's file system, the path in it).

    Raises:
        ValueError: what the scheme needs is not installed.
    """
    try:
        import fsspec

        return fsspec.core.url_to_fs(path)
    except (ImportError, ValueError) as error:
        raise ValueError(f"This address cannot be opened: {error}. Received: {path!r}") from error


def _join(folder, *names):
    return "/".join((folder.rstrip("/") or "/", *names))


def _read(path):
    """The bytes of a file, on disk or remote."""
    if not _is_remote(path):
        return files.read_bytes(path)
    system, inside = _file_system(path)
    return system.cat_file(inside)


def _write(path, data):
    """Write a file at once, on disk or remote (a store shows an object when all of it is there)."""
    if not _is_remote(path):
        files.write_bytes(path, data)
        return
    system, inside = _file_system(path)
    system.makedirs(os.path.dirname(inside), exist_ok=True)
    system.pipe_file(inside, bytes(data))
