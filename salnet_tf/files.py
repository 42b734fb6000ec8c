"""Files and folders that are there wholly or not at all."""

import contextlib
import json
import os
import shutil
import tempfile


@contextlib.contextmanager
def new_file(path):
    """A path beside `path` to write to; renamed to `path` when the block ends without an error."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    stem, extension = os.path.splitext(path)
    partial = f"{stem}.partial{os.getpid()}{extension}"
    try:
        yield partial
        os.replace(partial, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(partial)


@contextlib.contextmanager
def new_folder(path):
    """A folder beside `path` to fill; renamed to `path` when the block ends without an error."""
    parent = os.path.dirname(path) or "."
    os.makedirs(parent, exist_ok=True)
    partial = tempfile.mkdtemp(prefix=".partial_", dir=parent)
    try:
        yield partial
        os.chmod(partial, 0o755)
        os.rename(partial, path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_bytes(path, data):
    """Write a file at once."""
    with new_file(path) as partial, open(partial, "wb") as file:
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
