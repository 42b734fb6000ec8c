"""Train a network: `python -m trainers.train --flagfile=FILE.flags --workdir=DIR`."""

from salnet_tf import command_line, options
from salnet_tf.training import config as config_lib


def main(_):
    from salnet_tf.training import loop

    config = options.from_flags(config_lib.TrainConfig)
    result = loop.train(config, on_start=options.record)
    print(f"{config.workdir}: step {result['step']}, best {config.select_by} {result['best']:.4f}")


if __name__ == "__main__":
    options.define(config_lib.TrainConfig)
    command_line.run(main)
