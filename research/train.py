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
    flags.DEFINE_list(
        "set_priors",
        [],
        "Sets of --dataset that get a centre prior and a sharpness of their own while training.",
    )
    flags.DEFINE_float("follow_weight", 1.0, "Weight of these outputs (with --follow).", 0.0, 1e6)


def main(_):
    from research import follow, set_priors
    from salnet_tf.training import loop

    chosen = flags.FLAGS
    given = {}
    if chosen.model_changes:
        model = chosen.model or config_lib.DEFAULT_MODEL
        given = {"network": ablation.of_preset(model, tuple(chosen.model_changes)), "model": ""}
    config = options.from_flags(config_lib.TrainConfig, **given)
    if chosen.follow and chosen.set_priors:
        raise ValueError(
            "A run follows a network or has priors of sets, not both. "
            f"Received: {chosen.follow!r} and {','.join(chosen.set_priors)}"
        )
    extra = follow.Follow(chosen.follow, chosen.follow_weight) if chosen.follow else None
    if chosen.set_priors:
        sets = (*config.datasets, *config.unlabelled)
        extra = set_priors.SetPriors(tuple(chosen.set_priors), sets)
    result = loop.train(config, on_start=options.record, extra=extra)
    print(f"{config.workdir}: step {result['step']}, best {config.select_by} {result['best']:.4f}")


if __name__ == "__main__":
    define_flags()
    command_line.run(main)
