"""A trained teacher without training: `python -m trainers.assemble_teacher --output=FILE`."""

import os

from absl import flags

from salnet_tf import command_line

_READOUTS = flags.DEFINE_string(
    "readouts",
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "configs/teacher_readouts.npz"),
    "File of trained readouts: `readouts.npz` of a workdir of trainers.train_teacher.",
)
_OUTPUT = flags.DEFINE_string("output", None, "The .keras file to write.")

flags.mark_flags_as_required(["output"])


def main(_):
    from salnet_tf.training import readouts, storage

    if not _OUTPUT.value.endswith(".keras"):
        raise ValueError(f"A teacher is written to a .keras file. Received: {_OUTPUT.value!r}")
    model = readouts.load(_READOUTS.value)
    storage.save_model(model, _OUTPUT.value)
    settings = model.settings
    print(
        f"{_OUTPUT.value}: {len(settings['held_out'])} readouts on {settings['backbone']}, "
        f"{model.count_params()} parameters"
    )


if __name__ == "__main__":
    command_line.run(main)
