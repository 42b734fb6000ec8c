"""Files and folders that are there wholly or not at all, on disk or at any path of TensorFlow's.

A path with a scheme (`gs://...`) goes through `tf.io.gfile`; for any other TensorFlow is not
imported.
"""

import contextlib
import io
import json
import os
import pathlib
import re
import shutil
import socket
import tempfile
import zipfile

import numpy as np

# Of what is being written; the process that writes it is in its name.
_PARTIAL = ".partial_"


@contextlib.contextmanager
def new_file(path):
    """A path on disk to write to, which becomes `path` when the block ends without an error.

    It keeps the name's endings (`.weights.h5`), and the folder of `path` is made.

    Raises:
        OSError: it cannot be written; `path` is as it was.
    """
    path = os.fspath(path)
    with _new_remote_file(path) if _is_remote(path) else _new_local_file(path) as partial:
        yield partial


@contextlib.contextmanager
def _new_local_file(path):
    folder = os.path.dirname(path) or "."
    os.makedirs(folder, exist_ok=True)
    partial = os.path.join(folder, _partial_name() + _endings(path))
    try:
        yield partial
        os.replace(partial, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(partial)


@contextlib.contextmanager
def _new_remote_file(path):
    with tempfile.TemporaryDirectory() as folder:
        local = os.path.join(folder, "file" + _endings(path))
        yield local
        write_bytes(path, pathlib.Path(local).read_bytes())


@contextlib.contextmanager
def new_folder(path):
    """A folder beside `path` to fill; renamed to `path` when the block ends without an error."""
    parent = os.path.dirname(path) or "."
    os.makedirs(parent, exist_ok=True)
    partial = os.path.join(parent, _partial_name())
    os.mkdir(partial)
    try:
        yield partial
        os.rename(partial, path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextlib.contextmanager
def scratch_folder(parent):
    """A folder in `parent`, a path on disk, that is gone when the block ends."""
    path = os.path.join(parent, _partial_name())
    os.mkdir(path)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def remove_abandoned(folder):
    """Remove what processes of this machine were writing to a folder when they were killed."""
    mine = re.compile(rf"{re.escape(_PARTIAL + socket.gethostname())}_(\d+)_")
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            match = mine.match(entry.name)
            if match and not _runs(int(match[1])):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    os.remove(entry.path)


def write_bytes(path, data):
    """Write a file at once; its folder is made.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    path = os.fspath(path)
    if not _is_remote(path):
        with new_file(path) as partial, open(partial, "wb") as file:
            file.write(data)
        return
    with _gfile(path) as gfile:
        gfile.makedirs(path.rpartition("/")[0])
        partial = f"{path}.partial"
        with gfile.GFile(partial, "wb") as file:
            file.write(bytes(data))
        gfile.rename(partial, path, overwrite=True)


def write_together(contents):
    """Write several files on disk: all of them, or none where one cannot be written.

    Args:
        contents: path -> bytes.

    Raises:
        OSError: one cannot be written.
    """
    for path in contents:
        if os.path.isdir(path):
            raise IsADirectoryError(f"A folder is in the way of a file. Received: {path}")
    with contextlib.ExitStack() as stack:
        for path, data in contents.items():
            partial = stack.enter_context(new_file(path))
            with open(partial, "wb") as file:
                file.write(data)


def write_json(path, facts):
    """Write what every reader of JSON takes, at once: a number that is not finite raises."""
    write_bytes(path, json_bytes(facts))


def json_bytes(facts):
    """The bytes that `write_json` writes."""
    return (json.dumps(facts, indent=1, allow_nan=False) + "\n").encode()


def part_markers(name):
    """The lines around the part called `name`: (first, last)."""
    return f"<!-- {name}: begin (written by a command) -->", f"<!-- {name}: end -->"


def write_part(path, name, text):
    """Put text between the two marker lines of a text file.

    Args:
        path: of a text file with both of `part_markers(name)`.
        name: of the part.
        text: whole lines.

    Raises:
        ValueError: the file lacks a marker.
    """
    begin, end = part_markers(name)
    with open(path, encoding="utf-8") as file:
        before, found, rest = file.read().partition(begin)
    _, last, after = rest.partition(end)
    if not found or not last:
        raise ValueError(f"The {name} go between {begin} and {end}. Received: {path} without them")
    write_bytes(str(path), f"{before}{begin}\n{text}{end}{after}".encode())


def write_arrays(path, **arrays):
    """Write arrays as one `.npz`, at once."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_bytes(path, buffer.getbuffer())


def read_arrays(path):
    """The arrays of an `.npz`, a dict.

    Raises:
        ValueError: it is no such file, or not all of one.
        OSError: it cannot be read.
    """
    data = read_bytes(path)
    try:
        with np.load(io.BytesIO(data)) as arrays:
            return dict(arrays)
    except (EOFError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"Not an .npz file, or a damaged one. Received: {path}") from error


def read_bytes(path):
    """The bytes of a file.

    Raises:
        OSError: it cannot be read.
    """
    path = os.fspath(path)
    if not _is_remote(path):
        return pathlib.Path(path).read_bytes()
    with _gfile(path) as gfile, gfile.GFile(path, "rb") as file:
        return file.read()


def git_revision():
    """The revision of the checkout that this code runs from, `unknown` without git."""
    import subprocess  # a hundredth of a second that no prediction needs

    command = ["git", "describe", "--always", "--dirty"]
    try:
        said = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=os.path.dirname(__file__)
        ).stdout.strip()
    except OSError:
        said = ""
    return said or "unknown"


def _is_remote(path):
    return "://" in path


@contextlib.contextmanager
def _gfile(path):
    """`tf.io.gfile`, its errors as OSError."""
    import tensorflow as tf

    try:
        yield tf.io.gfile
    except tf.errors.OpError as error:
        raise OSError(f"{path}: {error.message}") from error


def _partial_name():
    return f"{_PARTIAL}{socket.gethostname()}_{os.getpid()}_{os.urandom(4).hex()}"


def _endings(path):
    """`.weights.h5` of `a/best.weights.h5`: what libraries tell a file's kind by."""
    return re.search(r"(\.[A-Za-z]\w{0,9}){0,2}$", os.path.basename(path))[0]


def _runs(process):
    """Whether a process of this machine runs; True where that cannot be told."""
    if os.name == "nt":  # there os.kill ends it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
