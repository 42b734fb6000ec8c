"""Puts a trained model's files beside the others that the package ships."""

import hashlib
import io
import os
import tempfile
import zipfile

from salnet_tf.models import presets
from salnet_tf.serving import atomic, export, predictor


def ship(model, preset, calibration, folder=predictor.WEIGHTS_DIR):
    """Write `<preset>.keras`, `<preset>_fp32.tflite` and `<preset>_int8.tflite`.

    Args:
        model: a `.keras` file or a training workdir (its best model).
        preset: the name its files get; the model must be of its configuration.
        calibration: a folder or glob of photos like those trained on, for int8.
        folder: where the files go, over those there.

    Returns:
        {file: sha256}, for `presets.WEIGHTS`.

    Raises:
        ValueError: no such model or photos, or a model of another configuration.
    """
    kind, source = predictor.find(model, kind="keras")
    trained = export.load_trained(model)
    if kind != "keras" or getattr(trained, "config", None) != presets.preset(preset):
        raise ValueError(f"The model must be a {preset!r}. Received: {model!r}")
    with open(source, "rb") as file:
        files = {f"{preset}.keras": deflated(file.read())}
    with tempfile.TemporaryDirectory() as exported:
        types = ("fp32", "int8")
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
        atomic.write_bytes(os.path.join(folder, name), data)
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def deflated(archive):
    """The bytes of a zip file (a `.keras` file stores its parts as they are) -> smaller ones."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target,
    ):
        for part in source.infolist():
            target.writestr(zipfile.ZipInfo(part.filename), source.read(part), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
