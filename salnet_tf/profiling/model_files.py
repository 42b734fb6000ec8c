"""The files a model is served from, and how large they are."""

import os
import tempfile

import keras
import numpy as np

from salnet_tf.models import folding, salnet
from salnet_tf.serving import export, litert


def write(model, name, folder, types=litert.TYPES, saved_model=True, calibration=()):
    """Write a model as LiteRT of every type and as a SavedModel.

    Args:
        model: a `keras.Model`, canvas to logits; batch norm is folded in a SalNet.
        name: of the files.
        folder: gets `NAME_TYPE.tflite` and `NAME_saved_model/`.
        types: of `litert.TYPES`.
        saved_model: whether to write one.
        calibration: canvases for int8; without any, noise, which is enough to measure costs.

    Returns:
        type (and `saved_model`) -> path.
    """
    if isinstance(model, salnet.SalNet) and model.batch_norm:
        model = folding.fold(model)
    stem = os.path.join(folder, name)
    paths = {litert_type: f"{stem}_{litert_type}.tflite" for litert_type in types}
    canvases = list(calibration) or _noise(model.input_shape[1:])
    with tempfile.TemporaryDirectory() as source:
        litert.write_source(model, source)
        for litert_type, path in paths.items():
            with open(path, "wb") as file:
                file.write(litert.convert(source, litert_type, canvases))
    if saved_model:
        paths["saved_model"] = f"{stem}_saved_model"
        export.write_saved_model(model, paths["saved_model"])
    return paths


def size(path):
    """Bytes of a file, or of all files in a folder."""
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(
        os.path.getsize(os.path.join(folder, name))
        for folder, _, names in os.walk(path)
        for name in names
    )


def _noise(shape):
    random = np.random.default_rng(0)
    return [255 * random.random(shape, np.float32) for _ in range(2)]


def write_empty(path):
    """Write a LiteRT model that does nothing to one number: what the interpreter itself costs."""
    number = keras.Input((1,))
    _write_probe(keras.Model(number, keras.layers.Rescaling(2.0)(number), name="empty"), path)


# Cells and channels of the dense product that shows what a core can do.
DENSE = (15, 20, 512)


def write_dense(path):
    """Write a LiteRT model of one dense 1x1 convolution, the best case of every kernel.

    Returns:
        Its multiply-adds.
    """
    height, width, channels = DENSE
    image = keras.Input(DENSE)
    convolution = keras.layers.Conv2D(channels, 1, use_bias=False)
    _write_probe(keras.Model(image, convolution(image), name="dense"), path)
    return height * width * channels**2


def _write_probe(model, path):
    with tempfile.TemporaryDirectory() as source:
        litert.write_source(model, source)
        with open(path, "wb") as file:
            file.write(litert.convert(source, "fp32"))
