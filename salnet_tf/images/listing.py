"""The photos among files: which are read, and which look like images and are not."""

import collections
import dataclasses
import glob
import os

import numpy as np

# How the names of files end that `decode.decode_photo` reads.
EXTENSIONS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".bmp", ".dib", ".tif", ".tiff"),
    *(".avif", ".jp2", ".gif", ".ppm", ".pgm", ".pbm", ".pnm"),
)
# How images end that it does not read: named instead of passed over.
UNREAD_EXTENSIONS = (
    *(".heic", ".heif", ".jxl", ".svg", ".psd", ".ico", ".tga", ".exr", ".hdr"),
    *(".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2"),
)
_LITTER = "__MACOSX"  # a folder that macOS adds to archives


@dataclasses.dataclass(frozen=True)
class Listing:
    """The photos of an input.

    Attributes:
        photos: paths, sorted.
        unread: path of what looks like an image -> why it is not among the photos.
    """

    photos: list
    unread: dict


def list_photos(pattern, recursive=False):
    """The photos of a file, a folder or a glob; hidden files are passed over.

    A link to nothing is listed, so that whoever reads it says so.

    Args:
        pattern: path of a file, taken whatever it is called; of a folder; or a glob.
        recursive: take a folder's sub-folders too.

    Raises:
        ValueError: there is no photo.
    """
    pattern = os.fspath(pattern)
    if os.path.isdir(pattern):
        listing = among(files_in(pattern, recursive))
        missing = f"There is no photo ({', '.join(EXTENSIONS)}) in the folder"
    elif os.path.lexists(pattern):
        unread = _unread(pattern, named=True)
        listing = Listing([] if unread else [pattern], {pattern: unread} if unread else {})
        missing = "There is no photo"
    else:
        listing = among(files_matching(pattern))
        missing = "There is no such photo, folder or glob of photos"
    if not listing.photos:
        said = [f"{os.path.basename(path)}: {why}" for path, why in listing.unread.items()]
        listed = f" ({'; '.join(said[:3])})" if said else ""
        raise ValueError(f"{missing}{listed}. Received: {pattern!r}")
    return listing


def by_name(folder):
    """The photos of a folder and its sub-folders by the names of their files.

    Returns:
        name -> path, sorted; and path -> reason of what looks like an image and is not read.

    Raises:
        FileNotFoundError: there is no such folder, or no photo in it.
        ValueError: two photos have one name.
    """
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"There is no folder of images. Received: {folder}")
    listing = among(files_in(folder, recursive=True))
    names = [os.path.basename(path) for path in listing.photos]
    twice = [name for name, count in collections.Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"Two images have one name in {folder}. Received: {', '.join(twice)}")
    if not names:
        raise FileNotFoundError(f"The folder holds no image. Received: {folder}")
    return dict(zip(names, listing.photos, strict=True)), listing.unread


def among(paths):
    """The `Listing` of files given one by one, by the endings of their names."""
    photos, unread = [], {}
    for path in sorted(paths):
        name = os.path.basename(path)
        if name.startswith(".") or not name.lower().endswith(EXTENSIONS + UNREAD_EXTENSIONS):
            continue
        why = _unread(path)
        if why:
            unread[path] = why
        else:
            photos.append(path)
    return Listing(photos, unread)


def spread(items, count):
    """Up to `count` of a list, evenly over all of it."""
    chosen = np.linspace(0, len(items) - 1, min(count, len(items))).round()
    return [items[int(i)] for i in chosen]


def _unread(path, named=False):
    """Why a file is not read; None for one that is. `named`: a person gave this very path."""
    extension = os.path.splitext(path)[1].lower()
    if os.path.exists(path) and not os.path.isfile(path):
        return "not a regular file"
    if extension in UNREAD_EXTENSIONS and not named:
        return f"{extension} is not read"
    return None


def files_matching(pattern):
    """Paths of the files that match a glob, each once where links lead in a circle."""
    found = {}
    for path in sorted(glob.glob(pattern, recursive=True), key=lambda path: (len(path), path)):
        folder, name = os.path.split(path)
        if not os.path.isdir(path) and _LITTER not in folder.split(os.sep):
            found.setdefault((os.path.realpath(folder), name), path)
    return found.values()


def files_in(folder, recursive):
    """Paths of the files in a folder, and in its sub-folders, each of those once."""
    seen = set()
    for where, folders, names in os.walk(folder, followlinks=True):
        seen.add(os.path.realpath(where))
        folders[:] = sorted(
            name
            for name in folders
            if recursive
            and not name.startswith(".")
            and name != _LITTER
            and os.path.realpath(os.path.join(where, name)) not in seen
        )
        yield from (os.path.join(where, name) for name in names)
