"""Do all exports of a model give one answer? Each beside the evaluation pipeline with Keras.

`python -m benchmarks.agreement --photos=FOLDER`.
"""

import dataclasses
import tempfile

import numpy as np
import tensorflow as tf
from absl import flags

from salnet_tf import command_line
from salnet_tf.evaluation import tables
from salnet_tf.images import geometry, listing
from salnet_tf.models import loading
from salnet_tf.pipeline import canvas as canvas_lib
from salnet_tf.serving import export, litert, predictor


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
        parts of the photo's peak, over the pixels of all photos, and `cc`, the lowest correlation.
        The SavedModel from bytes answers with a PNG of 256 levels: half a level is 0.00196.

    Raises:
        ValueError: no such model, no photos, or one that cannot be decoded.
    """
    paths = listing.list_photos(config.photos).photos
    paths = listing.spread(paths, config.limit or len(paths))
    model = loading.load(config.model)
    with tempfile.TemporaryDirectory() as out:
        served = _served(config, out)
        differences = {name: [] for name in served}
        for path in paths:
            with open(path, "rb") as file:
                data = file.read()
            expected = evaluated(model, data)
            for name, run in served.items():
                differences[name].append(_difference(run(data), expected))
    return {name: _summary(rows) for name, rows in differences.items()}


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
        [name, f"{row['largest']:.1e}", f"{row['mean']:.1e}", f"{row['cc']:.6f}"]
        for name, row in result.items()
    ]
    return tables.markdown(["beside pipeline + Keras", "largest", "mean", "lowest CC"], rows)


def _served(config, out):
    """name -> function from an image file's bytes to `[H, W]`."""
    saved_model, *files = export.export(
        export.ExportConfig(
            model=config.model,
            output_dir=out,
            litert_types=litert.TYPES,
            calibration=config.calibration or config.photos,
        )
    )
    signatures = tf.saved_model.load(saved_model).signatures
    networks = {
        f"LiteRT {litert_type}": predictor.load(path).predict
        for litert_type, path in zip(litert.TYPES, files, strict=True)
    }
    return {
        "SavedModel, image_tensor": lambda data: _from_tensor(signatures, data),
        "SavedModel from bytes": lambda data: _from_bytes(signatures, data),
        **networks,
    }


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
