"""Measure what models cost: `python -m trainers.profile --models=salnet,vgg16 --output_dir=OUT`."""

from absl import flags

from salnet_tf import command_line, options

_MODELS = flags.DEFINE_list("models", ["salnet", "vgg16_decoder"], "Presets and backbones.")
_OUTPUT_DIR = flags.DEFINE_string("output_dir", None, "Where the tables and pictures go.")
_TYPES = flags.DEFINE_list("litert_types", ["fp32", "fp16", "int8"], "LiteRT types.")
_THREADS = flags.DEFINE_list("threads", ["1"], "Numbers of threads to time, e.g. 1,2.")
_ROUNDS = flags.DEFINE_integer("rounds", 10, "Turns of each model, half a second each.", 1)
_SAVED_MODEL = flags.DEFINE_bool("saved_model", True, "Write SavedModels too, for their size.")
_SCORES = flags.DEFINE_string("scores", "", "A json file, model to metric to number.")
_README = flags.DEFINE_string(
    "update_readme",
    "",
    "Only count the presets, each at its own canvas, and put their table into this file; with "
    "--output_dir and --scores, draw cost_accuracy.png there.",
)

_IMAGE_SIZE = flags.DEFINE_string(
    "image_size", "240x320", "HEIGHTxWIDTH of the canvas in pixels, multiples of the stride."
)


def main(_):
    from salnet_tf.profiling import report

    if _README.value:
        scores = report.read_scores(_SCORES.value) if _SCORES.value else {}
        rows = report.presets(scores)
        report.update_readme(_README.value, rows)
        if _OUTPUT_DIR.value:
            from salnet_tf.profiling import pictures

            pictures.write_cost_accuracy(rows, _OUTPUT_DIR.value, scores)
        return
    if not _OUTPUT_DIR.value:
        raise ValueError("output_dir or update_readme must be given. Received: neither")
    from salnet_tf.profiling import profile

    if not all(threads.isdecimal() for threads in _THREADS.value):
        raise ValueError(f"threads are whole numbers. Received: {','.join(_THREADS.value)}")
    rows = profile.profile(
        profile.ProfileConfig(
            output_dir=_OUTPUT_DIR.value,
            models=tuple(_MODELS.value),
            image_size=options.size(_IMAGE_SIZE.value),
            types=tuple(_TYPES.value),
            threads=tuple(int(threads) for threads in _THREADS.value),
            rounds=_ROUNDS.value,
            saved_model=_SAVED_MODEL.value,
            scores=_SCORES.value,
        )
    )
    print(report.markdown(rows), end="")


if __name__ == "__main__":
    command_line.run(main)
