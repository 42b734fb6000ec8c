"""PyInstaller's hook: modules that are loaded by name, the weights, LiteRT's libraries."""

from PyInstaller.utils import hooks

hiddenimports = [
    "salnet_tf.serving.predictor",
    "salnet_tf.serving.engines.litert",
    "salnet_tf.serving.films",
    *hooks.collect_submodules("ai_edge_litert"),
]
datas = hooks.collect_data_files("salnet_tf", includes=["weights/*.tflite"])
binaries = hooks.collect_dynamic_libs("ai_edge_litert")
# Found through functions that a program of predictions never calls.
excludedimports = ["tensorflow", "keras"]
