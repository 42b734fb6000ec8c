"""Models and photos of a run, at any path that `tf.io.gfile` knows."""

import contextlib
import functools
import os
import tempfile

import tensorflow as tf

from salnet_tf import files
from salnet_tf.images import listing


def save_model(model, path):
    """Write a `.keras` file wholly or not at all; its folder is made.

    Raises:
        OSError: it cannot be written.
    """
    with files.new_file(path) as partial:
        model.save(partial)


def save_weights(model, path):
    """Write a `.weights.h5` file as `save_model` writes a model."""
    with files.new_file(path) as partial:
        model.save_weights(partial)


@contextlib.contextmanager
def local_model(name_or_path):
    """Gives a name or path of a model that needs no `tf.io.gfile`: a remote file is copied.

    Raises:
        ValueError: a remote path that holds no model.
    """
    if "://" not in name_or_path:
        yield name_or_path
        return
    with tempfile.TemporaryDirectory() as local:
        try:
            path = name_or_path
            if tf.io.gfile.isdir(path):
                path = tf.io.gfile.join(path, "best.keras")
            copy = os.path.join(local, os.path.basename(path))
            tf.io.gfile.copy(path, copy)
        except tf.errors.OpError as error:
            raise ValueError(f"No model can be read there. Received: {name_or_path!r}") from error
        yield copy


def photos(folder):
    """The photos in a folder, sorted by name.

    Returns:
        {file name: a function that returns the file's bytes}.

    Raises:
        ValueError: there are none.
    """
    folder = str(folder)
    if not tf.io.gfile.isdir(folder):
        raise ValueError(f"There is no such folder of photos. Received: {folder!r}")
    if "://" in folder:
        paths = (tf.io.gfile.join(folder, name) for name in sorted(tf.io.gfile.listdir(folder)))
        paths = [path for path in paths if path.lower().endswith(listing.EXTENSIONS)]
    else:
        paths = listing.list_photos(folder).photos
    if not paths:
        raise ValueError(f"There is no photo in the folder. Received: {folder!r}")
    return {os.path.basename(path): functools.partial(files.read_bytes, path) for path in paths}
