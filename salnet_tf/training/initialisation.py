"""Where a run's weights come from, and which of them stay."""

import dataclasses
import os
import tempfile

import keras
import tensorflow as tf

from salnet_tf.models import presets, salnet, teacher  # noqa: F401 (registered for loading)
from salnet_tf.training import growth

BATCH_NORM = "batch_norm"  # in `freeze`: every batch normalisation, wherever it is


def make_model(config):
    """The network of a run with the weights it starts from, some of them frozen.

    Args:
        config: a `TrainConfig`. `init_from` is a preset with shipped weights, a `.keras` file or a
            workdir; `freeze` holds prefixes of layer names, or `BATCH_NORM`; `calibrate` appends a
            `Calibration` and freezes all else.

    Returns:
        A `SalNet` at `config.image_size`.

    Raises:
        ValueError: no such file, weights of another network, or a prefix that names no layer.
    """
    network = config.network
    source = load_model(config.init_from) if config.init_from else None
    if source and not isinstance(source, salnet.SalNet):
        raise ValueError(
            f"init_from must hold a SalNet. Received: {config.init_from}, a {type(source).__name__}"
        )
    if config.calibrate:
        network = dataclasses.replace(source.config, calibrated=True)
    model = salnet.build_salnet(network, config.image_size)
    if source:
        _copy_weights(source, model, config.init_from)
    _freeze(model, config.freeze)
    if config.calibrate:
        for layer in model.layers:
            layer.trainable = layer.name == "calibration"
    return model


def load_model(name_or_path):
    """The model of a preset's shipped weights, of a `.keras` file, or a workdir's best one.

    Raises:
        ValueError: there is none, or there are a preset and a workdir of this name.
    """
    path = name_or_path
    best = tf.io.gfile.join(path, "best.keras")
    if path in presets.PRESETS:
        if tf.io.gfile.exists(best):
            raise ValueError(
                "This names a preset and a workdir here; write ./NAME for the workdir, or go "
                f"elsewhere for the preset. Received: {path!r}"
            )
        path = os.path.join(presets.WEIGHTS_DIR, f"{path}.keras")
    elif tf.io.gfile.isdir(path):
        path = best
    if not tf.io.gfile.exists(path):
        raise ValueError(f"No model file there. Received: {name_or_path!r}")
    with tempfile.TemporaryDirectory() as local:
        copy = os.path.join(local, "model.keras")
        tf.io.gfile.copy(path, copy)
        try:
            return keras.saving.load_model(copy, compile=False)
        except Exception as error:  # Keras raises what its reader meets: zip, json, type errors.
            reason = str(error).replace(copy, path)
            raise ValueError(f"{path} is not a Keras model: {reason}") from error


def _copy_weights(source, model, name):
    """Copy the weights by layer; a fresh `Calibration` may be without, a wider network grows."""
    if source.config != model.config and growth.can_grow(source, model):
        growth.grow(source, model)
        return
    if dataclasses.replace(source.config, calibrated=model.config.calibrated) != model.config:
        raise ValueError(
            "init_from must hold the network that is trained, or one that is only narrower; its "
            "configuration is another. "
            f"Received: {name}"
        )
    names = {layer.name for layer in source.layers}
    for layer in model.layers:
        if layer.weights and layer.name in names:
            layer.set_weights(source.get_layer(layer.name).get_weights())


def _is_of(layer, prefix):
    if prefix == BATCH_NORM:
        return isinstance(layer, keras.layers.BatchNormalization)
    return layer.name.startswith(prefix)


def _freeze(model, prefixes):
    for prefix in prefixes:
        layers = [layer for layer in model.layers if _is_of(layer, prefix)]
        if not any(layer.weights for layer in layers):
            raise ValueError(f"freeze names no layer with weights. Received: {prefix!r}")
        for layer in layers:
            layer.trainable = False
