"""SalNet: where people look in a photo, predicted by a network under one megabyte.

Importing this package imports neither TensorFlow nor Keras; names load when first used (PEP 562).
"""

import importlib

__version__ = "0.1.0"

_LAZY = {
    "crop": ("salnet_tf.serving.predictor", "crop"),
    "load": ("salnet_tf.serving.predictor", "load"),
    "Predictor": ("salnet_tf.serving.predictor", "Predictor"),
    "SalNetConfig": ("salnet_tf.models.presets", "SalNetConfig"),
    "build_salnet": ("salnet_tf.models.salnet", "build_salnet"),
}

__all__ = [*_LAZY, "__version__"]


def __getattr__(name):
    if name not in _LAZY:
        raise AttributeError(f"module 'salnet_tf' has no attribute '{name}'")
    module, attribute = _LAZY[name]
    return getattr(importlib.import_module(module), attribute)


def __dir__():
    return sorted(__all__)
