"""Reads a Keras model and checks it: a zip file of bounded size, one image in, logits out, finite.

The sizes that a file claims are read before anything is built of them: a few bytes can ask for
gigabytes.
"""

import json
import math
import zipfile

import keras
import numpy as np

from salnet_tf.models import catalogue, interface, salnet, teacher  # noqa: F401 (registered for loading)

_LARGEST = 1 << 29  # bytes of a model's file, unpacked
_MOST_CHANNELS = 1 << 14
_MOST_PIXELS = 1 << 24  # of a canvas
_SIZES = frozenset(
    ("filters", "expanded", "stem_filters", "units", "kernel_size", "dilation", "dilation_rate")
).union(("size", "factor", "width", "thin", "prior_gaussians", "smoothing", "pool_size", "folds"))
_CANVASES = frozenset(("image_size", "batch_shape", "batch_input_shape", "input_shape"))


def load(name_or_path):
    """The Keras model behind a preset's name, a `.keras` file or a training workdir.

    Raises:
        ValueError: there is none, its file holds none, or one of another form than `interface`
            has it, or it diverged in training.
    """
    path = catalogue.find_keras(name_or_path)
    _check_sizes(path)
    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises what its reader meets: zip, json, h5, type errors.
        reason = str(error).partition(" Full object config")[0].strip().partition("\n")[0]
        raise ValueError(f"{path} is not a Keras model: {reason}") from error
    ends = (getattr(model, name, None) for name in ("input", "output"))
    single = ([end] if isinstance(end, keras.KerasTensor) else [] for end in ends)
    interface.check(*([(end.shape, end.dtype) for end in one] for one in single), path)
    if not all(np.isfinite(weight).all() for weight in model.get_weights()):
        raise ValueError(f"The weights must be finite. Received: {path!r}")
    return model


def _check_sizes(path):
    """Refuse a file that would take gigabytes, before any of it is unpacked."""
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is not a Keras model: no zip file.")
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
            if unpacked > _LARGEST:
                raise ValueError(
                    f"{path} is not a model of ours: unpacked it would have {unpacked} bytes, "
                    f"more than {_LARGEST}."
                )
            config = json.loads(archive.read("config.json"))
    except (KeyError, OSError, RuntimeError, RecursionError, zipfile.BadZipFile, EOFError) as error:
        raise ValueError(f"{path} is not a Keras model: {error}") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not a Keras model: its config is no JSON.") from error
    _check_config(config, path)


def _check_config(value, path, key=""):
    """Refuse channels, kernels and canvases of a size that no network of ours has."""
    if isinstance(value, dict):
        for name, part in value.items():
            _check_config(part, path, name)
    elif isinstance(value, list):
        if (
            key in _CANVASES
            and math.prod(s for s in value if isinstance(s, int)) > 3 * _MOST_PIXELS
        ):
            raise ValueError(
                f"{path} asks for a canvas of a size that none of ours has. Received: {value}"
            )
        for part in value:
            _check_config(part, path, key)
    elif key in _SIZES and isinstance(value, (int, float)) and not 0 <= value <= _MOST_CHANNELS:
        raise ValueError(
            f"{path} asks for layers of a size that none of ours has. Received: {key} {value}"
        )
