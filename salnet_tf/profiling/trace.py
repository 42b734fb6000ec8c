"""Where a training step's time goes: a TensorBoard profiler trace, summed by kind of operation."""

import pathlib

import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from salnet_tf.profiling import training_step

# Kinds of a step, by what the names of TensorFlow's operations hold; the first that fits.
_KINDS = {
    "depthwise convolution": ("Depthwise",),
    "convolution": ("Conv2D",),
    "batch normalisation": ("BatchNorm",),
    "activation": ("Relu",),
    "optimiser": ("Assign", "Sqrt", "Square", "L2Loss", "RealDiv"),
}


def take(name, image_size, batch_size, folder, steps=5):
    """Trace optimiser steps on a made-up batch.

    Args:
        name: of `catalogue.NAMES`.
        image_size: (height, width).
        batch_size: images.
        folder: gets the trace, for TensorBoard's profile tab.
        steps: traced, after two that are not.

    Returns:
        {kind of operation: milliseconds a step}, the longest first. Operations side by side count
        in full, so on several threads the sum is more than the step.
    """
    step = training_step.make(name, image_size, batch_size)
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
