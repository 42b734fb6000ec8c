"""Where a run's weights come from, and which of them stay."""

import dataclasses

import keras

from salnet_tf.models import loading, presets, salnet
from salnet_tf.training import config as config_lib
from salnet_tf.training import storage

BATCH_NORM = "batch_norm"  # in `freeze`: every batch normalisation, wherever it is


def load_model(name_or_path):
    """As `models.loading.load`, of any path that `tf.io.gfile` reads."""
    with storage.local_model(name_or_path) as found:
        return loading.load(found)


def load_source(config):
    """The `SalNet` of `init_from`, None without one.

    Raises:
        ValueError: there is no such model, or it is no `SalNet`.
    """
    if not config.init_from:
        return None
    source = load_model(config.init_from)
    if not isinstance(source, salnet.SalNet):
        raise ValueError(
            f"init_from must hold a SalNet. Received: {config.init_from}, a {type(source).__name__}"
        )
    return source


def completed(config, source):
    """The `TrainConfig` with its model and canvas: where it leaves them open, those of its start.

    Args:
        config: a `TrainConfig`.
        source: of `load_source`.

    Raises:
        ValueError: `model` names another network than that of `init_from`, or `image_size` does
            not suit it.
    """
    if source is None:
        name = "" if config.network else config.model or config_lib.DEFAULT_MODEL
        size = presets.preset(name).image_size if name else presets.IMAGE_SIZE
        return dataclasses.replace(config, model=name, image_size=config.image_size or size)
    network = dataclasses.replace(source.config, calibrated=False)
    if config.architecture not in (None, network):
        raise ValueError(
            f"{config.init_from} holds another network; leave --model out to train that one. "
            f"Received: model {config.model!r}"
        )
    named = [name for name, preset in presets.PRESETS.items() if preset.config == network]
    name = config.model or next((n for n in (config.init_from, *named) if n in named), "")
    return dataclasses.replace(
        config,
        model=name,
        network=None if name else network,
        image_size=config.image_size or source.image_size,
    )


def make_model(config, source=None):
    """The network of a run with the weights it starts from, some of them frozen.

    Args:
        config: a `TrainConfig` that `completed` returned. `freeze` holds prefixes of layer names,
            or `BATCH_NORM`; `calibrate` appends a `Calibration` and freezes all else.
        source: the `SalNet` whose weights it starts from; None for random ones.

    Returns:
        A `SalNet` at `config.image_size`.

    Raises:
        ValueError: a prefix that names no layer.
    """
    network = config.architecture
    calibrated = config.calibrate or (source is not None and source.config.calibrated)
    model = salnet.build_salnet(
        dataclasses.replace(network, calibrated=calibrated), config.image_size
    )
    if source is not None:
        _copy_weights(source, model)
    _freeze(model, config.freeze)
    if config.calibrate:
        for layer in model.layers:
            layer.trainable = layer.name == "calibration"
    return model


def _copy_weights(source, model):
    """Copy the weights by layer; a fresh `Calibration` may be without."""
    names = {layer.name for layer in source.layers}
    for layer in model.layers:
        if layer.weights and layer.name in names:
            layer.set_weights(source.get_layer(layer.name).get_weights())


def _freeze(model, prefixes):
    for prefix in prefixes:
        layers = [layer for layer in model.layers if _is_of(layer, prefix)]
        if not any(layer.weights for layer in layers):
            raise ValueError(f"freeze names no layer with weights. Received: {prefix!r}")
        for layer in layers:
            layer.trainable = False


def _is_of(layer, prefix):
    if prefix == BATCH_NORM:
        return isinstance(layer, keras.layers.BatchNormalization)
    return layer.name.startswith(prefix)
