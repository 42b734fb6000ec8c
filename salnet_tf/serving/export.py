"""Trained model -> files to serve: a SavedModel with signatures, LiteRT models with metadata."""

import dataclasses
import json
import os
import tempfile

import tensorflow as tf

from salnet_tf import files
from salnet_tf.images import geometry, listing, reading
from salnet_tf.models import catalogue, folding, loading, presets, salnet
from salnet_tf.serving import litert, metadata, onnx, photos, signatures, warmup

FORMATS = ("saved_model", "litert", "onnx")
_CALIBRATION_PHOTOS = 64


@dataclasses.dataclass(frozen=True)
class ExportConfig:
    """What to export.

    Args:
        model: a preset with shipped weights, a `.keras` file, or a training workdir (its best
            model).
        output_dir: gets `saved_model/VERSION/`, `litert/NAME_TYPE.tflite` and `onnx/NAME.onnx`; a
            `.json` beside each file says what it is.
        formats: of `FORMATS`.
        litert_types: of `litert.TYPES`.
        image_sizes: (height, width) of the LiteRT models; empty for the model's own. Models of
            another size than the model's own say so in their names.
        calibration: a photo, folder or glob; up to 64 of its photos set the ranges of int8.
        version: number of the SavedModel's folder; never written over.
    """

    model: str
    output_dir: str
    formats: tuple[str, ...] = ("saved_model", "litert")
    litert_types: tuple[str, ...] = ("fp32",)
    image_sizes: tuple[tuple[int, int], ...] = ()
    calibration: str = ""
    version: int = 1

    def __post_init__(self):
        for field, known in (("formats", FORMATS), ("litert_types", litert.TYPES)):
            unknown = [value for value in getattr(self, field) if value not in known]
            if unknown or not getattr(self, field):
                raise ValueError(
                    f"{field} are {', '.join(known)}. Received: {', '.join(unknown) or 'none'}"
                )
        if "int8" in self.litert_types and "litert" in self.formats and not self.calibration:
            raise ValueError("int8 needs calibration, photos like those to come. Received: ''")
        if "onnx" in self.formats:
            onnx.check()
        if not self.output_dir:
            raise ValueError("output_dir must be the path of a folder. Received: ''")
        if not 1 <= self.version < 2**63:
            raise ValueError(f"version must be 1 up to 2^63 - 1. Received: {self.version}")


def export(config):
    """Export a trained model.

    Args:
        config: an `ExportConfig`.

    Returns:
        The paths written, the SavedModel first.

    Raises:
        ValueError: no such model, a size that does not fit it, no photos to calibrate on, the
            version is there already, or a folder cannot be made; nothing is written then.
    """
    model = loading.load(config.model)
    own_size = tuple(model.input_shape[1:3])
    facts = {"name": _name(model, config), "origin": _origin(config)}
    sizes = config.image_sizes or [own_size] if "litert" in config.formats else []
    sources = [(_folded(model, size), _calibration(config, size)) for size in sizes]
    files = [_litert_files(config, facts, size, own_size) for size in sizes]
    onnx_file = os.path.join(config.output_dir, "onnx", facts["name"] + ".onnx")
    _check_targets(config, [path for paths in files for path in paths.values()] + [onnx_file])
    written = []
    if "saved_model" in config.formats:
        written.append(_export_saved_model(_folded(model, own_size), config, facts))
    for (folded, canvases), paths in zip(sources, files, strict=True):
        written += _export_litert(folded, canvases, paths, facts)
    if "onnx" in config.formats:
        written.append(_export_onnx(_folded(model, own_size), onnx_file, facts))
    return written


def write_saved_model(model, path):
    """Write a SavedModel with all signatures; `model` is folded and of its final size."""
    served = signatures.Signatures(model, model.input_shape[1:3])
    functions = {
        name: tf.function(function, input_signature=specs, jit_compile=False)
        for name, (function, specs) in served.endpoints().items()
    }
    # Keras' ExportArchive keeps every weight twice, as its own variable and as TensorFlow's.
    kept = tf.Module()
    kept.weights = [weight.value for weight in model.weights]
    tf.saved_model.save(
        kept, path, {name: f.get_concrete_function() for name, f in functions.items()}
    )


def _name(model, config):
    """The preset that is exported, or that the model was built from, or the model's own name.

    Of several presets that are one network it is the one that the run or the file says.
    """
    if config.model in presets.PRESETS:
        return config.model
    built = getattr(model, "config", None)
    names = [name for name, known in presets.PRESETS.items() if known.config == built]
    said = (_trained_preset(config.model), os.path.splitext(os.path.basename(config.model))[0])
    return [*(name for name in said if name in names), *names, model.name][0]


def _trained_preset(workdir):
    """The preset that a run says it trains."""
    try:
        with open(os.path.join(workdir, "config.json")) as file:
            return json.load(file).get("model")
    except (OSError, ValueError, AttributeError):
        return None


def _folded(model, image_size):
    if isinstance(model, salnet.SalNet):
        return folding.fold(model, image_size)
    if image_size != tuple(model.input_shape[1:3]):
        raise ValueError(f"Only a SalNet changes its size. Received: {model.name} {image_size}")
    return model


def _version_folder(config):
    return os.path.join(config.output_dir, "saved_model", str(config.version))


def _litert_files(config, facts, size, own_size):
    """LiteRT type -> path, at a canvas size."""
    suffix = "" if tuple(size) == own_size else f"_{size[0]}x{size[1]}"
    stem = os.path.join(config.output_dir, "litert", facts["name"])
    return {kind: f"{stem}_{kind}{suffix}.tflite" for kind in config.litert_types}


def _check_targets(config, files):
    """Raise where the export cannot be written as a whole."""
    if "saved_model" in config.formats and os.path.lexists(_version_folder(config)):
        raise ValueError(
            f"This version is there already; choose another. Received: {_version_folder(config)}"
        )
    targets = [os.path.join(config.output_dir, name) for name in config.formats]
    for target in targets:
        if os.path.lexists(target) and not os.path.isdir(target):
            raise ValueError(f"The export needs a folder of this name. Received: {target}")
    for path in files:
        if os.path.isdir(path):
            raise ValueError(f"The export needs a file of this name. Received: {path}, a folder")
    for target in targets:
        photos.make_folder(target)


def _export_saved_model(folded, config, facts):
    path = _version_folder(config)
    image_size = folded.input_shape[1:3]
    with files.new_folder(path) as partial:
        write_saved_model(folded, partial)
        warmup.write(partial, image_size)
        described = metadata.of_saved_model(image_size, **facts)
        files.write_json(os.path.join(partial, "assets.extra", "metadata.json"), described)
    return path


def _export_litert(folded, canvases, paths, facts):
    """Write each type's file and its description; `paths`: type -> path. The paths."""
    with tempfile.TemporaryDirectory() as source:
        litert.write_source(folded, source)
        for litert_type, path in paths.items():
            data = litert.convert(source, litert_type, canvases)
            described = {**facts, "type": litert_type}
            if litert_type == "int8":
                described["calibration_photos"] = len(canvases)
            _write_network(path, data, 1, folded, described)
    return list(paths.values())


def _export_onnx(folded, path, facts):
    _write_network(path, onnx.convert(folded), "batch", folded, {**facts, "type": "fp32"})
    return path


def _write_network(path, data, batch, folded, facts):
    """Write the bare network's file, and beside it what it is."""
    described = metadata.of_network(data, (batch, *folded.input_shape[1:3]), **facts)
    files.write_bytes(path, data)
    files.write_json(os.path.splitext(path)[0] + ".json", described)


def _calibration(config, image_size):
    """Up to 64 photos, evenly spread over the folder, on their canvases; none but for int8."""
    if "int8" not in config.litert_types:
        return []
    paths = listing.spread(listing.list_photos(config.calibration).photos, _CALIBRATION_PHOTOS)
    images = (reading.read_image(path) for path in paths)
    return [geometry.image_to_canvas(image, image_size)[0] for image in images]


def _origin(config):
    path = catalogue.find_keras(config.model)
    return {"file": os.path.basename(path), "sha256": metadata.file_sha256(path)}
