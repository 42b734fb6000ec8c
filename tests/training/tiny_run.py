"""A training run in a process of its own: `tiny_run.py '{"workdir": ..., "logical_cpus": 2}'`.

Runs the real loop. `network` is a configuration, as a dict; `logical_cpus` splits
this machine's CPU into so many devices; `log_losses` leaves the loss of each call in `losses.txt`.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from salnet_tf import command_line


def main(_):
    import tensorflow as tf

    from salnet_tf.models import presets
    from salnet_tf.training import config as config_lib
    from salnet_tf.training import loop

    if "network" in SETTINGS:
        SETTINGS["network"] = presets.SalNetConfig(**SETTINGS["network"])
    cpus = SETTINGS.pop("logical_cpus", 1)
    if cpus > 1:
        (cpu,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * cpus
        )
    losses = log_losses() if SETTINGS.pop("log_losses", False) else None
    for name in ("datasets", "image_size", "freeze"):
        if name in SETTINGS:
            SETTINGS[name] = tuple(SETTINGS[name])
    loop.train(config_lib.TrainConfig(**SETTINGS))
    if losses:
        lines = "".join(f"{loss!r}\n" for loss in losses)
        (pathlib.Path(SETTINGS["workdir"]) / "losses.txt").write_text(lines)


def log_losses():
    """A list that gets the loss of every call, in the process that shows progress."""
    from salnet_tf.training import reporting

    losses = []

    def advance(self, steps, loss):
        if self.shown:
            losses.append(loss)

    reporting.Progress.advance = advance
    return losses


if __name__ == "__main__":
    SETTINGS = json.loads(sys.argv.pop(1))
    command_line.run(main)
