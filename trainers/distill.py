"""Keep a teacher's densities for `trainers.train --soft_targets`.

`python -m trainers.distill --teacher=WORKDIR --dataset=... --unlabelled=DIR --output_dir=DIR`
"""

import sys

from absl import flags

from salnet_tf import command_line
from trainers import common_flags

_TEACHERS = flags.DEFINE_list(
    "teacher",
    None,
    "Workdirs or .keras files, of trainers.train_teacher or trainers.train; averaged if several.",
)
_DATASETS = flags.DEFINE_list("dataset", [], "Prepared sets (their training split), by full name.")
_UNLABELLED = flags.DEFINE_list("unlabelled", [], "Folders of photos.")
_VIEWS_DIR = flags.DEFINE_string(
    "views_dir",
    "",
    "Folder to fill with parts, collages and blends of all these photos, which the teacher is "
    "shown too; train on it as one more --unlabelled.",
)
_VIEWS = flags.DEFINE_integer("views", 1, "Views of each photo, with --views_dir.", 1)
_VIEWS_SEED = flags.DEFINE_integer(
    "views_seed", 0, "Another gives other views; a folder of views for each.", 0
)
_HINTS = flags.DEFINE_integer(
    "hints",
    0,
    "Channels of the teacher's features to keep as well, for trainers.train --hint_weight; 0 for "
    "none, 64 is usual.",
    0,
)
_MIRROR = flags.DEFINE_bool(
    "mirror",
    True,
    "Show the teachers each photo's mirror image too: a little better, in twice the time.",
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "Gets one .npz per set and folder; what is there already is kept."
)
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 4, "Photos at a time.", 1)
_THREADS = flags.DEFINE_integer("threads", 0, "CPU threads; 0 for all.", 0)

flags.declare_key_flag("data_dir")
flags.mark_flags_as_required(["teacher", "output_dir"])


def main(_):
    from salnet_tf.training import distillation

    config = distillation.DistillConfig(
        teachers=tuple(_TEACHERS.value),
        output_dir=_OUTPUT_DIR.value,
        datasets=tuple(_DATASETS.value),
        unlabelled=tuple(_UNLABELLED.value),
        views_dir=_VIEWS_DIR.value,
        views=_VIEWS.value,
        views_seed=_VIEWS_SEED.value,
        hints=_HINTS.value,
        mirror=_MIRROR.value,
        data_dir=common_flags.DATA_DIR.value,
        batch_size=_BATCH_SIZE.value,
        threads=_THREADS.value,
    )
    counts, failures = distillation.distill(config, on_start=common_flags.record_flags)
    for name, count in counts.items():
        print(f"{name}: {count} densities -> {config.output_dir}")
    for path, reason in failures.items():
        print(f"left out: {path}: {reason}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    command_line.run(main)
