"""Do all exports of a model give one answer? Each beside the evaluation pipeline with Keras.

`python -m benchmarks.agreement --photos=FOLDER`.
"""

import dataclasses
import importlib.util
import statistics
import tempfile
import time

import numpy as np
import tensorflow as tf
from absl import flags

from salnet_tf import command_line
from salnet_tf.evaluation import tables
from salnet_tf.images import geometry, listing
from salnet_tf.models import loading
from salnet_tf.pipeline import canvas as canvas_lib
from salnet_tf.serving import export, litert, onnx, predictor

_TURNS = 50  # of each network, timed


@dataclasses.dataclass(frozen=True)
class AgreementConfig:
    """What is compared.

    Args:
        model: a preset with shipped weights, a `.keras` file or a training workdir.
        photos: a folder or glob of photos, JPEG or PNG.
        calibration: photos that set the ranges of int8; `photos` by default.
        limit: photos taken, evenly spread; 0 for all.
    """

    model: str
    photos: str
    calibration: str = ""
    limit: int = 0

    def __post_init__(self):
        if self.limit < 0:
            raise ValueError(f"limit must be 0 or more. Received: {self.limit}")


def measure(config):
    """Export a model in every format and compare what the exports say of photos.

    Args:
        config: an `AgreementConfig`.

    Returns:
        name of the path -> a dict: `largest` and `mean` absolute difference of the densities in
        parts of the photo's peak, over the pixels of all photos; `cc`, the lowest correlation;
        and `ms`, CPU time of the bare network where it can be called alone, else None.
        The SavedModel from bytes answers with a PNG of 256 levels: half a level is 0.00196.
        ONNX is left out where the extra `onnx` is not installed.

    Raises:
        ValueError: no such model, no photos, or one that cannot be decoded.
    """
    paths = listing.list_photos(config.photos).photos
    paths = listing.spread(paths, config.limit or len(paths))
    model = loading.load(config.model)
    with tempfile.TemporaryDirectory() as out:
        saved_model, networks = _exported(config, out)
        served = {**saved_model, **{name: one.predict for name, one in networks.items()}}
        differences = {name: [] for name in served}
        for path in paths:
            with open(path, "rb") as file:
                data = file.read()
            expected = evaluated(model, data)
            for name, run in served.items():
                differences[name].append(_difference(run(data), expected))
        taken = _milliseconds(networks)
    return {name: {**_summary(rows), "ms": taken.get(name)} for name, rows in differences.items()}


def evaluated(model, data):
    """The density that evaluation sees: TensorFlow's pipeline, then the Keras model.

    Args:
        model: canvas -> logits.
        data: bytes of an image file.

    Returns:
        `[H, W]` float32 that sums to 1.
    """
    pixels = canvas_lib.decode(tf.constant(data))
    placement = geometry.place(pixels.shape[:2], model.input_shape[1:3])
    logits = model(canvas_lib.to_canvas(pixels, placement)[None], training=False)
    return geometry.canvas_to_density(np.asarray(logits)[0, ..., 0], placement)


def markdown(result):
    """The result as a table."""
    rows = [
        [
            name,
            f"{row['largest']:.1e}",
            f"{row['mean']:.1e}",
            f"{row['cc']:.6f}",
            f"{row['ms']:.2f}" if row["ms"] else "–",
        ]
        for name, row in result.items()
    ]
    head = ["beside pipeline + Keras", "largest", "mean", "lowest CC", "network, CPU ms"]
    return tables.markdown(head, rows)


class OnnxEngine:
    """ONNX Runtime on one thread, for a `Predictor`.

    Args:
        path: an `.onnx` file of an export.
    """

    def __init__(self, path):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
        self.image_size = tuple(self._session.get_inputs()[0].shape[1:3])

    def logits(self, canvas):
        """`[height, width, 3]` float32 0..255 -> `[height, width]` float32 logits."""
        return self._session.run(["logits"], {"image": canvas[None]})[0][0, ..., 0]


def _milliseconds(networks):
    """name -> median CPU ms of a network alone, one thread; all take turns."""
    size = next(iter(networks.values())).image_size
    canvas = np.random.default_rng(0).uniform(0, 255, (*size, 3)).astype(np.float32)
    taken = {name: [] for name in networks}
    for _ in range(_TURNS):
        for name, network in networks.items():
            started = time.thread_time()
            network.engine.logits(canvas)
            taken[name].append(1e3 * (time.thread_time() - started))
    return {name: statistics.median(one) for name, one in taken.items()}


def _exported(config, out):
    """What an export gives: (name -> function from an image file's bytes to `[H, W]`, of the
    SavedModel; name -> `Predictor`, of the files that hold the network alone)."""
    with_onnx = _is_onnx_installed()
    saved_model, *files = export.export(
        export.ExportConfig(
            model=config.model,
            output_dir=out,
            formats=("saved_model", "litert", *(["onnx"] if with_onnx else [])),
            litert_types=litert.TYPES,
            calibration=config.calibration or config.photos,
        )
    )
    networks = {
        f"LiteRT {litert_type}": predictor.load(path)
        for litert_type, path in zip(litert.TYPES, files, strict=False)
    }
    if with_onnx:
        networks["ONNX Runtime"] = predictor.Predictor(OnnxEngine(files[-1]))
    signatures = tf.saved_model.load(saved_model).signatures
    served = {
        "SavedModel, image_tensor": lambda data: _from_tensor(signatures, data),
        "SavedModel from bytes": lambda data: _from_bytes(signatures, data),
    }
    return served, networks


def _is_onnx_installed():
    try:
        onnx.check()
        return importlib.util.find_spec("onnxruntime") is not None
    except ValueError:
        return False


def _from_tensor(signatures, data):
    pixels = canvas_lib.decode(tf.constant(data))
    return signatures["image_tensor"](image=pixels[None])["density"][0].numpy()


def _from_bytes(signatures, data):
    """The heat map, 255 at its peak."""
    answer = signatures["serving_default"](image_bytes=tf.constant([data]))
    return tf.io.decode_png(answer["saliency_png_bytes"][0]).numpy()[..., 0]


def _difference(density, expected):
    """(largest, mean) absolute difference in parts of the peak, and the correlation."""
    if density.dtype == np.uint8:
        scaled, expected = density / 255, expected / expected.max()
    else:
        scaled, expected = density / expected.max(), expected / expected.max()
    difference = np.abs(scaled - expected)
    correlation = np.corrcoef(scaled.ravel(), expected.ravel())[0, 1]
    return difference.max(), difference.mean(), correlation


def _summary(rows):
    largest, mean, correlation = np.transpose(rows)
    return {"largest": largest.max(), "mean": mean.mean(), "cc": correlation.min()}


def main(_):
    wanted = ("model", "photos", "calibration", "limit")
    config = AgreementConfig(**{name: flags.FLAGS[name].value for name in wanted})
    print(markdown(measure(config)), end="")


def _define_flags():
    flags.DEFINE_string(
        "model",
        "salnet_distilled",
        "A preset with shipped weights, a .keras file or a training workdir.",
    )
    flags.DEFINE_string("photos", None, "A folder or glob of photos, JPEG or PNG.", required=True)
    flags.DEFINE_string(
        "calibration", "", "Photos that set the ranges of int8; --photos by default."
    )
    flags.DEFINE_integer("limit", 20, "Photos taken, evenly spread; 0 for all.", 0)


if __name__ == "__main__":
    _define_flags()
    command_line.run(main)
