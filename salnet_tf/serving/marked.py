"""The part of a text file that a command writes: what stands between two marker lines."""

from salnet_tf import files


def markers(name):
    """The lines around the part called `name`: (first, last)."""
    return f"<!-- {name}: begin (written by a command) -->", f"<!-- {name}: end -->"


def write(path, name, text):
    """Put text between the markers of a file, which is written wholly or not at all.

    Args:
        path: of a text file with both of `markers(name)`.
        name: of the part.
        text: whole lines.

    Raises:
        ValueError: the file lacks a marker.
    """
    begin, end = markers(name)
    with open(path, encoding="utf-8") as file:
        before, found, rest = file.read().partition(begin)
    _, last, after = rest.partition(end)
    if not found or not last:
        raise ValueError(f"The {name} go between {begin} and {end}. Received: {path} without them")
    files.write_bytes(str(path), f"{before}{begin}\n{text}{end}{after}".encode())
