"""What a person names (paths, folders, globs, `-`, cameras) -> photos and films to predict."""

import collections
import dataclasses
import os
import re
import struct
import zlib

from salnet_tf.images import heif, listing, reading

FILM_EXTENSIONS = (
    *(".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".m2v", ".wmv", ".asf"),
    *(".flv", ".ts", ".mts", ".m2ts", ".vob", ".3gp", ".3g2", ".ogv", ".mxf", ".mjpeg", ".mj2"),
)
STDIN = "-"
_MOST_BYTES = 200  # of a result's name before its ending; systems take 255 in all


@dataclasses.dataclass(frozen=True)
class Source:
    """A photo or a film.

    Attributes:
        path: of its file; `-` for standard input, `camera:NUMBER` for a camera.
        name: of its results, before their endings, relative to the folder of the results.
    """

    path: str
    name: str


@dataclasses.dataclass(frozen=True)
class Sources:
    """All that the inputs of a command hold.

    Attributes:
        photos, films: lists of `Source`.
        left_out: path of what looks like an image and cannot be read, or is not there -> why.
    """

    photos: list
    films: list
    left_out: dict


def find(inputs, output_dir, recursive=False):
    """List what is to predict.

    Args:
        inputs: paths of files, taken whatever they are called; folders; globs; `-`, standard
            input; `camera:NUMBER`.
        output_dir: folder of the results, in which no input is looked for.
        recursive: True takes folders with their sub-folders; results keep the tree.

    Returns:
        `Sources`; no two have one name.

    Raises:
        ValueError: there is no photo and no film, or an input is an address.
    """
    photos, films, left_out = {}, {}, {}
    for text in inputs:
        reading.check_no_url(text)
        if text == STDIN:
            photos[STDIN] = "stdin"
        elif re.fullmatch(r"camera:\d+", text):
            films[text] = text.replace(":", "")
        else:
            _add_files(text, recursive, output_dir, photos, films, left_out)
    if not photos and not films:
        reasons = [f"{path}: {why}" for path, why in list(left_out.items())[:3]]
        raise ValueError(
            f"There is no photo and no film. Received: {'; '.join(reasons) or ', '.join(inputs)}"
        )
    return Sources(_named(photos), _named(films), left_out)


def image_name(path):
    """What tables and json call a photo."""
    return "stdin" if path == STDIN else os.path.basename(path)


def is_film(path):
    """Whether a file is a film by its name, or an animation (GIF, WebP) by its bytes."""
    name = path.lower()
    return name.endswith(FILM_EXTENSIONS) or (name.endswith((".gif", ".webp")) and _moves(path))


def _add_files(text, recursive, output_dir, photos, films, left_out):
    """Sort the files behind an input into three dicts, path -> folder and stem, or reason."""
    if os.path.isdir(text):
        base, paths, named = text, listing.files_in(text, recursive), False
    elif os.path.lexists(text):
        base, paths, named = os.path.dirname(text), [text], True
    else:
        base, paths, named = _fixed_part(text), list(listing.files_matching(text)), False
        if not paths:
            left_out[text] = "there is no such file, folder or glob"
    results = os.path.realpath(output_dir)
    for path in sorted(paths):
        if not named and os.path.realpath(path).startswith(results + os.sep):
            continue
        kind = _kind(path, named)
        if kind is None:
            continue
        stem = os.path.splitext(os.path.relpath(path, base or "."))[0]
        if kind == "photo":
            photos.setdefault(path, stem)
        elif kind == "film":
            films.setdefault(path, stem)
        else:
            left_out.setdefault(path, kind)


def _kind(path, named):
    """`photo`, `film`, why it is left out, or None for what is no image."""
    name = os.path.basename(path)
    extension = os.path.splitext(name)[1].lower()
    if os.path.exists(path) and not os.path.isfile(path):
        return "not a regular file"
    if not named and name.startswith("."):
        return None
    if is_film(path):
        return "film"
    if extension in heif.EXTENSIONS:
        return "photo" if heif.is_installed() else heif.MISSING
    if named or extension in listing.EXTENSIONS:
        return "photo"
    return f"{extension} is not read" if extension in listing.UNREAD_EXTENSIONS else None


def _fixed_part(pattern):
    """The folder that all matches of a glob lie in: `a/b` of `a/b/**/*.jpg`."""
    return os.path.dirname(re.split(r"[*?[]", pattern, maxsplit=1)[0])


def _named(stems):
    """path -> stem, as `Source`s: equal stems get the file's ending, and then a number."""
    keys = collections.Counter(stem.lower() for stem in stems.values())
    taken, sources = set(), []
    for path, stem in stems.items():
        if keys[stem.lower()] > 1:
            stem += os.path.splitext(path)[1].replace(".", "_")
        name, number = shortened(stem), 2
        while name.lower() in taken:
            name, number = f"{shortened(stem)}_{number}", number + 1
        taken.add(name.lower())
        sources.append(Source(path, name))
    return sources


def shortened(stem):
    """A stem whose name leaves room for every ending; a long one ends in its checksum."""
    folder, name = os.path.split(stem)
    data = os.fsencode(name)
    if len(data) > _MOST_BYTES:
        kept = os.fsdecode(data[: _MOST_BYTES - 9]).encode(errors="ignore").decode()
        name = f"{kept}~{zlib.crc32(data):08x}"
    return os.path.join(folder, name)


def _moves(path):
    """Whether a GIF or WebP file holds more than one picture."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return False
    if data[:4] == b"RIFF":
        return data[8:16] == b"WEBPVP8X" and bool(data[20:21] and data[20] & 2)
    return data[:4] == b"GIF8" and _gif_pictures(data) > 1


def _gif_pictures(data):
    """Pictures in a GIF, two at most (www.w3.org/Graphics/GIF/spec-gif89a.txt)."""
    found = 0
    try:
        at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
        while found < 2 and data[at] in (0x21, 0x2C):
            if data[at] == 0x2C:
                found += 1
                (flags,) = struct.unpack_from("B", data, at + 9)
                at += 11 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
            else:
                at += 2
            while data[at]:
                at += 1 + data[at]
            at += 1
    except (IndexError, struct.error):  # it is cut
        pass
    return found
