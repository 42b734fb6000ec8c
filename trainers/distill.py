"""Keep a teacher's densities for `trainers.train --soft_targets`.

`python -m trainers.distill --teacher=WORKDIR --dataset=... --unlabelled=DIR --output_dir=DIR`
"""

import sys

from salnet_tf import command_line, options
from salnet_tf.training import teacher_config


def main(_):
    from salnet_tf.training import distillation

    config = options.from_flags(teacher_config.DistillConfig)
    counts, failures = distillation.distill(config, on_start=options.record)
    for name, count in counts.items():
        print(f"{name}: {count} densities -> {config.output_dir}")
    for path, reason in failures.items():
        print(f"left out: {path}: {reason}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    options.define(teacher_config.DistillConfig)
    command_line.run(main)
