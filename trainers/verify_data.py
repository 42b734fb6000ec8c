"""Verify a prepared set: `python -m trainers.verify_data --dataset=NAME --data_dir=DIR`."""

import os

from absl import flags

from salnet_tf import command_line

_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of the prepared data sets (`python -m data.build` fills it)."
)
_DATASET = flags.DEFINE_string("dataset", None, "Full name of a prepared set.")
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir",
    "runs/verify_data",
    "Gets <dataset>/verification.json, mean_map.png, overlays.jpg.",
)
_NEAR_EMPTY = flags.DEFINE_integer("near_empty", 5, "Lists images of fewer fixations.", 0)
_SEED = flags.DEFINE_integer("seed", 0, "Chooses the photos that are drawn.")

flags.mark_flags_as_required(["dataset", "data_dir"])


def main(_):
    from salnet_tf.evaluation import verification

    config = verification.VerifyConfig(
        dataset=_DATASET.value,
        data_dir=_DATA_DIR.value,
        output_dir=os.path.join(_OUTPUT_DIR.value, _DATASET.value),
        near_empty=_NEAR_EMPTY.value,
        seed=_SEED.value,
    )
    report, faults = verification.verify(config)
    print(verification.summary(report))
    print(f"pictures in {config.output_dir}")
    return 1 if faults else 0


if __name__ == "__main__":
    command_line.run(main)
