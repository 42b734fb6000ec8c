"""Where a run's weights come from, and which of them stay."""

import keras
import tensorflow as tf

from salnet_tf.models import salnet  # noqa: F401  (registers SalNet for load_model)


def initialise(model, init_from, freeze):
    """Copy weights into a fresh model and freeze some of its layers.

    Args:
        model: a built `SalNet`.
        init_from: path of a `.keras` file or of a workdir that holds one, or "" to leave the model
            as it is.
        freeze: prefixes of layer names to hold fixed.

    Raises:
        ValueError: no such file, weights of another network, or a prefix that names no layer.
    """
    if init_from:
        source = load_model(init_from)
        if source.config != model.config:
            raise ValueError(
                "init_from must hold the network that is trained; its configuration is another. "
                f"Received: {init_from}"
            )
        model.set_weights(source.get_weights())
    for prefix in freeze:
        layers = [layer for layer in model.layers if layer.name.startswith(prefix)]
        if not any(layer.weights for layer in layers):
            raise ValueError(f"freeze names no layer with weights. Received: {prefix!r}")
        for layer in layers:
            layer.trainable = False


def load_model(path):
    """The model of a `.keras` file, or a workdir's best one.

    Raises:
        ValueError: there is none.
    """
    if tf.io.gfile.isdir(path):
        path = tf.io.gfile.join(path, "best.keras")
    if not tf.io.gfile.exists(path):
        raise ValueError(f"No model file there. Received: {path!r}")
    return keras.saving.load_model(path, compile=False)
