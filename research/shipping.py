"""Puts a trained model's files beside the others that the package ships."""

import hashlib
import io
import os
import tempfile
import zipfile

import numpy as np

from salnet_tf.models import presets
from salnet_tf.serving import export, predictor

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
        {file: sha256}, for `presets.WEIGHTS`.

    Raises:
        ValueError: no such model or photos, a model of another configuration or input size, or
            weights that are not finite.
    """
    kind, _ = predictor.find(model, kind="keras")
    trained = export.load_trained(model)
    if kind != "keras" or getattr(trained, "config", None) != presets.preset(preset):
        raise ValueError(f"The model must be a {preset!r}. Received: {model!r}")
    image_size = image_size or presets.image_size(preset)
    if trained.image_size != image_size:
        raise ValueError(
            f"The model's (height, width) must be {image_size}. Received: {trained.image_size}"
        )
    with tempfile.TemporaryDirectory() as exported:
        source = os.path.join(exported, f"{preset}.keras")
        trained.set_weights([rounded(weight) for weight in trained.get_weights()])
        trained.save(source)
        with open(source, "rb") as file:
            files = {f"{preset}.keras": packed(file.read())}
        types = (presets.float_type(preset), "int8")
        config = export.ExportConfig(
            model=source,
            output_dir=exported,
            formats=("litert",),
            litert_types=types,
            calibration=calibration,
        )
        for litert_type, path in zip(types, export.export(config), strict=True):
            with open(path, "rb") as file:
                files[f"{preset}_{litert_type}.tflite"] = file.read()
    for name, data in files.items():
        files.write_bytes(os.path.join(folder, name), data)
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


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
