"""Put a trained model into the package: `python -m trainers.ship --model=RUN --preset=salnet`."""

from absl import flags

from salnet_tf import command_line

_MODEL = flags.DEFINE_string("model", None, "A .keras file or a training workdir.")
_PRESET = flags.DEFINE_string("preset", None, "The preset that it is, and is loaded by.")
_CALIBRATION = flags.DEFINE_string(
    "calibration", None, "A folder or glob of photos that set the ranges of int8 (64 are used)."
)

flags.mark_flags_as_required(["model", "preset", "calibration"])


def main(_):
    from research import shipping

    print("For presets.WEIGHTS, sha256 of the files in salnet_tf/weights:")
    for name, digest in shipping.ship(_MODEL.value, _PRESET.value, _CALIBRATION.value).items():
        print(f'        "{name}": (\n            "{digest}"\n        ),')


if __name__ == "__main__":
    command_line.run(main)
