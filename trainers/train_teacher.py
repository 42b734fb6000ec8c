"""Train the teacher: `python -m trainers.train_teacher --dataset=... --workdir=DIR`."""

from salnet_tf import command_line, options
from salnet_tf.training import teacher_config


def main(_):
    from salnet_tf.training import teacher

    config = options.from_flags(teacher_config.TeacherConfig)
    scores = teacher.train(config, on_start=options.record)
    for readout, parts in scores.items():
        for part, values in parts.items():
            line = "  ".join(f"{name} {value:.3f}" for name, value in values.items())
            print(f"readout {readout}  {part}  {line}")


if __name__ == "__main__":
    options.define(teacher_config.TeacherConfig)
    command_line.run(main)
