"""One optimiser step on a made-up batch: what training costs, without data.

As a command, `NAME HEIGHT WIDTH BATCH fused|plain THREADS`, it is a worker of
`profiling.latency`.
"""

import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from salnet_tf import threads as threads_lib
from salnet_tf.models import backbones, batch_norm
from salnet_tf.objectives import losses
from salnet_tf.profiling import latency
from salnet_tf.training import config as config_lib
from salnet_tf.training import optimiser
from salnet_tf.training import step as step_lib

# Kinds of a step, by what the names of TensorFlow's operations hold; the first that fits.
_KINDS = {
    "depthwise convolution": ("Depthwise",),
    "convolution": ("Conv2D",),
    "batch normalisation": ("BatchNorm",),
    "activation": ("Relu",),
    "optimiser": ("Assign", "Sqrt", "Square", "L2Loss", "RealDiv"),
}


def make(name, image_size, batch_size, fused=True):
    """A function without arguments that makes one step of a model by name, the defaults' way.

    Args:
        name: of `backbones.NAMES`.
        image_size: (height, width).
        batch_size: images.
        fused: False takes Keras' own batch normalisation in SalNet.
    """
    model = backbones.build(name, image_size)
    if not fused:
        model = keras.models.clone_model(
            keras.Model(model.inputs, model.outputs), clone_function=_plain
        )
    config = config_lib.TrainConfig(workdir="unused", data_dir="unused")
    optimizer = optimiser.make_optimizer(config, steps_per_epoch=100)
    optimizer.build(model.trainable_variables)
    replica_step = tf.function(
        step_lib.make(model, optimizer, losses.parse(config.loss), config.clip_norm),
        jit_compile=False,
    )
    batch = _batch(image_size, batch_size)
    return lambda: float(replica_step([batch]))


def _plain(layer):
    config = layer.get_config()
    if isinstance(layer, batch_norm.FusedBatchNormalization):
        return keras.layers.BatchNormalization.from_config(config)
    return type(layer).from_config(config)


def _batch(image_size, batch_size):
    random = np.random.default_rng(0)
    shape = (batch_size, *image_size, 1)
    density = random.random(shape)
    return {
        "image": tf.constant(255 * random.random((*shape[:3], 3)), tf.float32),
        "density": tf.constant(density / density.sum((1, 2, 3), keepdims=True), tf.float32),
        "fixations": tf.constant(random.random(shape) < 1e-3, tf.float32),
        "mask": tf.ones(shape),
        "valid": tf.ones(batch_size),
    }


def trace(step, folder, steps=5):
    """Where a step's time goes: a TensorBoard profiler trace, summed by kind of operation.

    Args:
        step: of `make`.
        folder: gets the trace, for TensorBoard's profile tab.
        steps: traced, after two that are not.

    Returns:
        {kind of operation: milliseconds a step}, the longest first. Operations side by side count
        in full, so on several threads the sum is more than the step.
    """
    for _ in range(2):
        step()
    with tf.profiler.experimental.Profile(str(folder)):
        for _ in range(steps):
            step()
    newest = max(pathlib.Path(folder).rglob("*.xplane.pb"), key=lambda path: path.stat().st_mtime)
    space = xplane_pb2.XSpace.FromString(newest.read_bytes())
    totals = {}
    for operation, picoseconds in _operations(space):
        kind = kind_of(operation)
        totals[kind] = totals.get(kind, 0) + picoseconds / 1e9 / steps
    return dict(sorted(totals.items(), key=lambda item: -item[1]))


def kind_of(operation):
    """The kind of a TensorFlow operation, by its type: `Conv2DBackpropInput` -> `convolution`."""
    fits = (kind for kind, parts in _KINDS.items() if any(part in operation for part in parts))
    return next(fits, "other")


def _operations(space):
    """(type, picoseconds) of every operation that ran on the host: events named `name:type`."""
    for plane in space.planes:
        for line in plane.lines if plane.name.startswith("/host:CPU") else ():
            for event in line.events:
                name, _, operation = plane.event_metadata[event.metadata_id].name.partition(":")
                if name and operation.isidentifier() and "Call" not in operation:
                    yield operation, event.duration_ps


def _prepared(name, height, width, batch_size, norm, threads):
    threads_lib.set_tensorflow_threads(int(threads))
    one_step = make(name, (int(height), int(width)), int(batch_size), norm == "fused")
    one_step()
    return one_step, 0


if __name__ == "__main__":
    latency.serve_runs(lambda: _prepared(*sys.argv[1:]))
