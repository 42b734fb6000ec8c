"""Conversion to LiteRT: `[1, h, w, 3]` float RGB 0..255 -> logits `[1, h, w, 1]`."""

import keras
import tensorflow as tf

TYPES = ("fp32", "fp16", "int8")


def write_source(model, folder):
    """Write the SavedModel that the converter reads: one signature, batch 1, static shapes.

    (The converter's other entry, `from_concrete_functions`, gives NaN on live Keras 3 models.)
    """
    archive = keras.export.ExportArchive()
    archive.track(model)
    spec = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name="image")
    archive.add_endpoint(
        "serve", lambda image: {"logits": model(image, training=False)}, input_signature=[spec]
    )
    archive.write_out(folder, verbose=False)


def convert(folder, litert_type):
    """Convert what `write_source` wrote.

    Args:
        folder: of the SavedModel.
        litert_type: of `TYPES`.

    Returns:
        The bytes of the `.tflite` file.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["serve"])
    if litert_type == "fp16":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    return converter.convert()
