"""Start a narrower network: `python -m trainers.trim --model=RUN --preset=salnet --photos=DIR ...`.

For `python -m trainers.train --init_from`: what comes out is not good before it is trained.
"""

from absl import flags

from salnet_tf import command_line
from trainers import common_flags

_MODEL = flags.DEFINE_string("model", None, "A .keras file, a workdir or a preset: the wide one.")
_PRESET = flags.DEFINE_string(
    "preset", None, "What it becomes: the same network but for fewer expanded channels."
)
_PHOTOS = flags.DEFINE_string("photos", None, "A folder of photos; up to 240 of them are used.")
_OUTPUT = flags.DEFINE_string("output", None, "The .keras file to write.")

flags.mark_flags_as_required(["model", "preset", "photos", "output"])
flags.declare_key_flag("model_changes")


def main(_):
    from salnet_tf.training import trimming

    kept = trimming.trim_file(
        _MODEL.value,
        _PRESET.value,
        _PHOTOS.value,
        _OUTPUT.value,
        tuple(common_flags.MODEL_CHANGES.value),
    )
    for number, share in kept.items():
        print(f"module {number}: {share:.1%} of its output's variance kept")


if __name__ == "__main__":
    command_line.run(main)
