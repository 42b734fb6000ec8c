"""What lies on disk beside the prepared sets: arrays in one file, photos in a folder."""

import functools
import io
import zipfile

import numpy as np
import tensorflow as tf

from salnet_tf.images import listing
from salnet_tf.training import run_folder


def write_arrays(path, **arrays):
    """Write arrays as one `.npz`; a kill half-way leaves what was there."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    run_folder.make_parent(str(path))
    with run_folder.replacing(str(path)) as partial, tf.io.gfile.GFile(partial, "wb") as file:
        file.write(buffer.getvalue())


def read_arrays(path):
    """The arrays of an `.npz`, a dict.

    Raises:
        ValueError: it is no such file, or not all of one.
        OSError: it cannot be read.
    """
    data = _read(path)
    try:
        with np.load(io.BytesIO(data)) as arrays:
            return dict(arrays)
    except (EOFError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"Not an .npz file, or a damaged one. Received: {path}") from error


def photos(folder):
    """The photos in a folder (any path `tf.io.gfile` lists), sorted by name.

    Returns:
        {file name: a function that returns the file's bytes}.

    Raises:
        ValueError: there are none.
    """
    folder = str(folder)
    names = sorted(tf.io.gfile.listdir(folder)) if tf.io.gfile.isdir(folder) else []
    files = {
        name: functools.partial(_read, tf.io.gfile.join(folder, name))
        for name in names
        if name.lower().endswith(listing.EXTENSIONS)
    }
    if not files:
        raise ValueError(f"No photo in the folder. Received: {folder}")
    return files


def _read(path):
    try:
        with tf.io.gfile.GFile(path, "rb") as file:
            return file.read()
    except tf.errors.OpError as error:
        raise OSError(f"{path} cannot be read: {error.message}") from error
