"""Predict photos: `python -m trainers.predict --input=FILE_OR_DIR_OR_GLOB --output_dir=OUT`."""

import os
import sys

from absl import flags

from trainers import command

_INPUT = flags.DEFINE_string("input", None, "A photo, a folder of photos, or a glob.")
_OUTPUT_DIR = flags.DEFINE_string("output_dir", None, "Gets the results, named after the photos.")
_MODEL = flags.DEFINE_string(
    "model", "salnet", "Preset, .tflite, SavedModel folder, .keras, or training workdir."
)
_FORMATS = flags.DEFINE_list("formats", ["npy", "map", "overlay"], "What to write.")
_THREADS = flags.DEFINE_integer("threads", 0, "CPU threads; 0 leaves it to the engine.", 0)

flags.mark_flags_as_required(["input", "output_dir"])


def main(_):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from salnet_tf.serving import folder

    config = folder.PredictConfig(
        input=_INPUT.value,
        output_dir=_OUTPUT_DIR.value,
        model=_MODEL.value,
        formats=tuple(_FORMATS.value),
        threads=_THREADS.value,
    )
    done, failures = folder.predict(config)
    print(f"{done} done, {len(failures)} failed -> {config.output_dir}")
    for path, reason in failures.items():
        print(f"failed: {path}: {reason.removeprefix(path + ': ')}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    command.run(main, needs_tensorflow=False)
