"""Warm-up requests for TF-Serving, which runs them before a version goes live.

A TFRecord of `tensorflow.serving.PredictionLog` at `assets.extra/tf_serving_warmup_requests`.
"""

import os

import numpy as np
import tensorflow as tf

from salnet_tf.serving.client import messages


def write(folder, image_size, model="salnet"):
    """Write a request for each signature into the SavedModel at `folder`.

    Args:
        folder: of the SavedModel.
        image_size: (height, width) of its canvas.
        model: name under which the server knows it.
    """
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
            tensor = messages.TensorProto.FromString(
                tf.make_tensor_proto(value).SerializeToString()
            )
            log = messages.PredictionLog()
            log.predict_log.request.CopyFrom(
                messages.predict_request(model, signature, name, tensor)
            )
            writer.write(log.SerializeToString())
