"""`trainers.train` with what the shipped weights need besides: another layout, a network to follow.

`python -m research.train --flagfile=FILE.flags --workdir=DIR`
"""

from absl import flags

from research import ablation
from salnet_tf import command_line, options
from salnet_tf.training import config as config_lib


def define_flags():
    """Define this command's flags."""
    options.define(config_lib.TrainConfig)
    flags.DEFINE_list("model_changes", [], ablation.HELP)
    flags.DEFINE_string(
        "follow",
        "",
        "A network with more expanded channels, whose modules' outputs are targets too, for one "
        "that research.trim made of it: a preset, a .keras file or a workdir.",
    )
    flags.DEFINE_float("follow_weight", 1.0, "Weight of these outputs (with --follow).", 0.0, 1e6)


def main(_):
    from research import follow
    from salnet_tf.training import loop

    chosen = flags.FLAGS
    given = {}
    if chosen.model_changes:
        model = chosen.model or config_lib.DEFAULT_MODEL
        given = {"network": ablation.of_preset(model, tuple(chosen.model_changes)), "model": ""}
    config = options.from_flags(config_lib.TrainConfig, **given)
    extra = follow.Follow(chosen.follow, chosen.follow_weight) if chosen.follow else None
    result = loop.train(config, on_start=options.record, extra=extra)
    print(f"{config.workdir}: step {result['step']}, best {config.select_by} {result['best']:.4f}")


if __name__ == "__main__":
    define_flags()
    command_line.run(main)
