"""Puts a trained model's files beside the others that the package ships.

`python -m research.ship --model=RUN --preset=salnet --calibration=PHOTOS`; with `--model=salnet`,
the shipped preset itself, its `.tflite` files are made anew by the graph and exporter of now.
"""

import hashlib
import io
import os
import tempfile
import zipfile

import numpy as np
from absl import flags

from salnet_tf import command_line
from salnet_tf import files as files_lib
from salnet_tf.models import loading, presets
from salnet_tf.serving import export

# Of a float32's 23: bfloat16's. int8 weights have as many, with one scale a channel.
MANTISSA_BITS = 7


def ship(model, preset, calibration, folder=presets.WEIGHTS_DIR, image_size=None):
    """Write `<preset>.keras`, `<preset>_fp32.tflite` (or `_fp16`) and `<preset>_int8.tflite`.

    All three hold weights rounded to `MANTISSA_BITS`: the Keras file packs to half its size.

    Args:
        model: a `.keras` file or a training workdir (its best model).
        preset: the name its files get; the model must be of its configuration.
        calibration: a folder or glob of photos like those trained on, for int8.
        folder: where the files go, over those there.
        image_size: (height, width) that the model must be for; the preset's by default.

    Returns:
        {what a file holds: its sha256}, for `presets.Preset`.

    Raises:
        ValueError: no such model or photos, a model of another configuration or input size, or
            weights that are not finite.
    """
    named, trained = presets.preset(preset), loading.load(model)
    if getattr(trained, "config", None) != named.config:
        raise ValueError(f"The model must be a {preset!r}. Received: {model!r}")
    image_size = image_size or named.image_size
    if trained.image_size != image_size:
        raise ValueError(
            f"The model's (height, width) must be {image_size}. Received: {trained.image_size}"
        )
    with tempfile.TemporaryDirectory() as exported:
        source = os.path.join(exported, named.file("keras"))
        trained.set_weights([rounded(weight) for weight in trained.get_weights()])
        trained.save(source)
        with open(source, "rb") as file:
            made = {"keras": packed(file.read())}
        types = (named.float_type, "int8")
        config = export.ExportConfig(
            model=source,
            output_dir=exported,
            formats=("litert",),
            litert_types=types,
            calibration=calibration,
        )
        for litert_type, path in zip(types, export.export(config), strict=True):
            with open(path, "rb") as file:
                made[litert_type] = file.read()
    for kind, data in made.items():
        files_lib.write_bytes(os.path.join(folder, named.file(kind)), data)
    return {kind: hashlib.sha256(data).hexdigest() for kind, data in made.items()}


def rounded(weight):
    """Float32 numbers -> the nearest of `MANTISSA_BITS` bits after the leading one, float32."""
    mantissa, exponent = np.frexp(weight)
    scale = 2.0 ** (MANTISSA_BITS + 1)
    return np.ldexp(np.rint(mantissa * scale) / scale, exponent).astype(np.float32)


def packed(archive):
    """The bytes of a zip file (a `.keras` file stores its parts as they are) -> smaller ones."""
    small = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(small, "w", zipfile.ZIP_LZMA) as target,
    ):
        for part in source.infolist():
            target.writestr(zipfile.ZipInfo(part.filename), source.read(part), zipfile.ZIP_LZMA)
    return small.getvalue()


def define_flags():
    """Define this command's flags."""
    flags.DEFINE_string("model", None, "A .keras file or a training workdir.")
    flags.DEFINE_string("preset", None, "The preset that it is, and is loaded by.")
    flags.DEFINE_string(
        "calibration", None, "A folder or glob of photos that set the ranges of int8 (64 are used)."
    )
    flags.mark_flags_as_required(["model", "preset", "calibration"])


def main(_):
    chosen = flags.FLAGS
    print(f"For the preset {chosen.preset} in presets.py, sha256 of its files:")
    for kind, digest in ship(chosen.model, chosen.preset, chosen.calibration).items():
        print(f'"{kind}": "{digest}",')


if __name__ == "__main__":
    define_flags()
    command_line.run(main)
