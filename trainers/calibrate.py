"""Fit a trained network's centre bias, spread and scale to another data set.

`python -m trainers.calibrate --init_from=MODEL --dataset=NAME --data_dir=DIR --workdir=DIR` fits
seven numbers on some 50 images of the training split and keeps all the rest; no other image is
read. What it has gained: `python -m trainers.evaluate --model=DIR --compare_to=MODEL ...`.
"""

from absl import flags

from salnet_tf import command_line, options
from salnet_tf.training import config as config_lib

# The options of a training that are this command's, with their defaults here.
OPTIONS = {
    "workdir": None,
    "init_from": None,
    "datasets": None,
    "data_dir": None,
    "images": 50,
    "image_size": None,
    "epochs": 20,
    "learning_rate": 0.1,
    "seed": 0,
}


def main(_):
    from salnet_tf.training import initialisation, loop

    config = options.from_flags(
        config_lib.TrainConfig,
        calibrate=True,
        loss="kld:1",
        warmup_epochs=0.0,
        weight_decay=0.0,
        ema_momentum=0.0,
        mirror=False,  # a centre bias may lie to one side
        photometric=0.0,
        select_by="kld",
        final_scores=False,
    )
    result = loop.train(config, on_start=options.record)
    print(f"{config.workdir}: best {config.select_by} {result['best']:.4f} on the images fitted to")
    fitted = initialisation.load_model(config.workdir).get_layer("calibration")
    for name, value in fitted.numbers().items():
        print(f"  {name}: {value}")


if __name__ == "__main__":
    options.define(config_lib.TrainConfig, OPTIONS, only=OPTIONS)
    flags.mark_flags_as_required(["workdir", "init_from", "dataset", "data_dir"])
    command_line.run(main)
