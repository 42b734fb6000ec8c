"""Warm-up requests for TF-Serving, which runs them before a version goes live.

A TFRecord of `tensorflow.serving.PredictionLog` at `assets.extra/tf_serving_warmup_requests`. The
messages' few fields are written by hand, because their package (tensorflow-serving-api) installs a
second TensorFlow over this one; a test reads them back with the real protos.
"""

import os

import numpy as np
import tensorflow as tf


def write(folder, image_size):
    """Write a request for each signature into the SavedModel at `folder`."""
    generator = np.random.default_rng(0)
    canvas = generator.integers(0, 256, (1, *image_size, 3)).astype(np.uint8)
    jpeg = tf.io.encode_jpeg(canvas[0]).numpy()
    requests = (
        ("serving_default", "image_bytes", np.array([jpeg], object)),
        ("image_tensor", "image", canvas),
        ("float_tensor", "image", canvas.astype(np.float32)),
    )
    path = os.path.join(folder, "assets.extra", "tf_serving_warmup_requests")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tf.io.TFRecordWriter(path) as writer:
        for signature, name, value in requests:
            writer.write(prediction_log(signature, name, value))


def prediction_log(signature, name, value, model="salnet"):
    """A `PredictionLog` of one request with one input, serialised.

    Args:
        signature: of the model.
        name: of its input.
        value: array of it.
        model: name under which the server knows the model.
    """
    tensor = tf.make_tensor_proto(value).SerializeToString()
    model_spec = _field(1, model.encode()) + _field(3, signature.encode())
    entry = _field(1, name.encode()) + _field(2, tensor)
    request = _field(1, model_spec) + _field(2, entry)  # PredictRequest: model_spec, inputs
    return _field(6, _field(1, request))  # PredictionLog.predict_log.request


def _field(number, payload):
    """A length-delimited field of the protobuf wire format."""
    return bytes([number << 3 | 2]) + _varint(len(payload)) + payload


def _varint(value):
    head = b""
    while value > 127:
        head += bytes([value & 127 | 128])
        value >>= 7
    return head + bytes([value])
