"""A training run in a process of its own: `tiny_run.py '{"workdir": ..., "logical_cpus": 2}'`.

Runs the real loop with the test suite's tiny network, given as the preset `tiny` in `network`.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from trainers import command


def main(_):
    import tensorflow as tf

    from salnet_tf.models import presets
    from salnet_tf.training import config as config_lib
    from salnet_tf.training import loop

    network = presets.SalNetConfig(**SETTINGS.pop("network"))
    presets.PRESETS = {**presets.PRESETS, "tiny": network}
    cpus = SETTINGS.pop("logical_cpus", 1)
    if cpus > 1:
        (cpu,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * cpus
        )
    for name in ("datasets", "image_size", "freeze"):
        SETTINGS[name] = tuple(SETTINGS.get(name, ()))
    loop.train(config_lib.TrainConfig(**SETTINGS))


if __name__ == "__main__":
    SETTINGS = json.loads(sys.argv.pop(1))
    command.run(main)
