"""A teacher in a small file: its readouts, to be joined to the backbone's published weights.

The backbone is frozen, so its weights are those of the package they came in; the readouts are a
hundredth of a teacher's file, small enough to keep beside a recipe and to give away.
"""

import json

import numpy as np
import tensorflow as tf

from salnet_tf import files
from salnet_tf.models import efficientnet_lite, teacher


def save(model, path):
    """Write the readouts and settings of a `Teacher`, as float16 numbers, to an `.npz` file."""
    arrays = {
        f"{number}/{i}": weight.astype(np.float16)
        for number, readout in enumerate(model.readouts)
        for i, weight in enumerate(readout.get_weights())
    }
    files.write_arrays(path, settings=json.dumps(model.settings), **arrays)


def load(path):
    """The `Teacher` of a file that `save` wrote.

    Raises:
        ValueError: no such file, another kind of file, or the package of the backbone's weights is
            not installed.
    """
    if not tf.io.gfile.exists(path):
        raise ValueError(f"No file of a teacher's readouts there. Received: {path!r}")
    try:
        arrays = files.read_arrays(path)
        settings = json.loads(str(arrays["settings"]))
        model = teacher.Teacher(**settings)
        for number, readout in enumerate(model.readouts):
            count = len(readout.weights)
            readout.set_weights([arrays[f"{number}/{i}"].astype(np.float32) for i in range(count)])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"Not a file of a teacher's readouts. Received: {path!r}") from error
    backbone = efficientnet_lite.pretrained(settings["backbone"], model.image_size)
    model.backbone.set_weights(backbone.get_weights())
    return model
