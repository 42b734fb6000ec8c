"""Fit a trained network's centre bias, spread and scale to another data set.

`python -m trainers.calibrate --init_from=MODEL --dataset=NAME --data_dir=DIR --workdir=DIR` fits
seven numbers on some 50 images of the training split and keeps all the rest; no other image is
read. What it has gained: `python -m trainers.evaluate --model=DIR --compare_to=MODEL ...`.
"""

from absl import flags

from salnet_tf import command_line
from trainers import common_flags

_WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run; made anew, or resumed.")
_INIT_FROM = flags.DEFINE_string(
    "init_from", None, "A preset with shipped weights, a .keras file or a workdir."
)
_DATASET = flags.DEFINE_list("dataset", None, "Prepared sets to fit to, by full name.")
_IMAGES = flags.DEFINE_integer("images", 50, "Images to fit on; 0 for all.", 0)
_EPOCHS = flags.DEFINE_integer("epochs", 20, "Passes over them.", 1)
_LEARNING_RATE = flags.DEFINE_float("learning_rate", 0.1, "Learning rate, above 0.", 0.0)
_SEED = flags.DEFINE_integer("seed", 0, "Of the choice of images and their order.", 0, 2**31 - 1)

flags.declare_key_flag("data_dir")
flags.declare_key_flag("image_size")
flags.mark_flags_as_required(["workdir", "init_from", "dataset", "data_dir"])


def main(_):
    from salnet_tf.training import config as config_lib
    from salnet_tf.training import initialisation, loop

    source = initialisation.load_model(_INIT_FROM.value)
    config = config_lib.TrainConfig(
        workdir=_WORKDIR.value,
        data_dir=common_flags.DATA_DIR.value,
        datasets=tuple(_DATASET.value),
        init_from=_INIT_FROM.value,
        calibrate=True,
        images=_IMAGES.value,
        image_size=common_flags.image_size(common_flags.IMAGE_SIZE.value, source.input_shape[1:3]),
        loss="kld:1",
        epochs=_EPOCHS.value,
        learning_rate=_LEARNING_RATE.value,
        warmup_epochs=0.0,
        weight_decay=0.0,
        ema_momentum=0.0,
        mirror=False,  # a centre bias may lie to one side
        photometric=0.0,
        select_by="kld",
        seed=_SEED.value,
        final_scores=False,
    )
    result = loop.train(config, on_start=common_flags.record_flags)
    print(f"{config.workdir}: best {config.select_by} {result['best']:.4f} on the images fitted to")
    for name, value in (
        initialisation.load_model(config.workdir).get_layer("calibration").numbers().items()
    ):
        print(f"  {name}: {value}")


if __name__ == "__main__":
    command_line.run(main)
