"""Export a model: `python -m trainers.export --model=PRESET_OR_PATH --output_dir=DIR`."""

from absl import flags

from salnet_tf import command_line, options

_MODEL = flags.DEFINE_string(
    "model", None, "A preset with shipped weights, a .keras file or a training workdir."
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "Gets saved_model/VERSION/, litert/NAME_TYPE.tflite and onnx/NAME.onnx."
)
_FORMATS = flags.DEFINE_list("formats", ["saved_model", "litert"], "Of saved_model, litert, onnx.")
_LITERT_TYPES = flags.DEFINE_list("litert_types", ["fp32"], "Of fp32, fp16, int8.")
_IMAGE_SIZES = flags.DEFINE_list(
    "image_sizes", [], "HEIGHTxWIDTH of the LiteRT models; by default the model's own."
)
_CALIBRATION = flags.DEFINE_string(
    "calibration", "", "A folder or glob of photos that set the ranges of int8 (64 are used)."
)
_VERSION = flags.DEFINE_integer("version", 1, "Of the SavedModel; never written over.", 1)

flags.mark_flags_as_required(["model", "output_dir"])


def main(_):
    from salnet_tf.serving import export

    config = export.ExportConfig(
        model=_MODEL.value,
        output_dir=_OUTPUT_DIR.value,
        formats=tuple(_FORMATS.value),
        litert_types=tuple(_LITERT_TYPES.value),
        image_sizes=tuple(options.size(size) for size in _IMAGE_SIZES.value),
        calibration=_CALIBRATION.value,
        version=_VERSION.value,
    )
    for path in export.export(config):
        print(path)


if __name__ == "__main__":
    command_line.run(main)
