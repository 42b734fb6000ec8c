"""What a step of training costs: images per second and peak memory, beside deep backbones.

`python -m benchmarks.training`; with `--trace_dir`, where the step's time goes.
"""

import dataclasses

import numpy as np
from absl import flags

from salnet_tf import command_line, options
from salnet_tf.evaluation import tables
from salnet_tf.models import backbones
from salnet_tf.profiling import latency

_STEP = "benchmarks.training_step"
_PLAIN = "unfused batch norm"


@dataclasses.dataclass(frozen=True)
class TrainingCostConfig:
    """What is measured: a preset, beside backbones, on a made-up batch in memory.

    Args:
        model: a preset.
        backbones: names of `models.backbones`.
        image_size: (height, width) of the canvas.
        batch_size: images.
        threads: of each process.
        rounds: turns of the preset with each batch normalisation; about a second each.
    """

    model: str = "salnet"
    backbones: tuple[str, ...] = ("vgg16", "resnet50")
    image_size: tuple[int, int] = (240, 320)
    batch_size: int = 8
    threads: int = 2
    rounds: int = 10

    def __post_init__(self):
        unknown = [name for name in (self.model, *self.backbones) if name not in backbones.NAMES]
        if unknown:
            raise ValueError(f"models are {', '.join(backbones.NAMES)}. Received: {unknown[0]!r}")


def measure(config):
    """Measure each model in a process of its own; the preset's two batch normalisations in turns.

    Returns:
        A list of rows, dicts of `model`, `images_per_second` (of the median step) and `memory_gb`:
        growth of the process's peak resident memory since before the model was built.
    """
    size = (*config.image_size, config.batch_size)
    own = {config.model: "fused", f"{config.model}, {_PLAIN}": "plain"}
    workers = {
        name: (_STEP, config.model, *size, norm, config.threads) for name, norm in own.items()
    }
    taken = latency.in_turns(workers, config.rounds, seconds_per_turn=1.0)
    for name in config.backbones:  # one at a time: gigabytes each
        worker = {name: (_STEP, name, *size, "fused", config.threads)}
        taken |= latency.in_turns(worker, rounds=1)
    return [
        {
            "model": name,
            "images_per_second": config.batch_size / float(np.median(result["seconds"])),
            "memory_gb": result["growth"] / 1e9,
        }
        for name, result in taken.items()
    ]


def markdown(rows):
    """The rows as a table; ratios are against the first."""
    first, cells = rows[0], []
    for row in rows:
        speed = row["images_per_second"] / first["images_per_second"]
        memory = row["memory_gb"] / first["memory_gb"]
        measured = f"{row['images_per_second']:.1f}", f"{row['memory_gb']:.2f}"
        cells.append([row["model"], measured[0], f"{speed:.2f}", measured[1], f"{memory:.1f}"])
    head = ["model", "images/s", "of the first", "peak memory, GB", "of the first"]
    return tables.markdown(head, cells)


def main(_):
    size = options.size(flags.FLAGS.image_size)
    if flags.FLAGS.trace_dir:
        _trace(size)
        return
    wanted = ("model", "batch_size", "threads", "rounds")
    config = TrainingCostConfig(
        **{name: flags.FLAGS[name].value for name in wanted},
        backbones=tuple(flags.FLAGS.backbones),
        image_size=size,
    )
    print(markdown(measure(config)), end="")


def _trace(image_size):
    from benchmarks import training_step
    from salnet_tf import threads

    threads.set_tensorflow_threads(flags.FLAGS.threads)
    step = training_step.make(flags.FLAGS.model, image_size, flags.FLAGS.batch_size)
    spent = training_step.trace(step, flags.FLAGS.trace_dir)
    for kind, milliseconds in spent.items():
        print(f"{kind:24s}{milliseconds:8.1f} ms  {milliseconds / sum(spent.values()):4.0%}")


def _define_flags():
    flags.DEFINE_string("model", "salnet", "Preset to measure.")
    flags.DEFINE_list("backbones", ["vgg16", "resnet50"], "Deep models beside it.")
    flags.DEFINE_integer("batch_size", 8, "Images in a batch.", 1)
    flags.DEFINE_integer("threads", 2, "CPU threads.", 1)
    flags.DEFINE_integer("rounds", 10, "Turns of each normalisation, a second each.", 1)
    flags.DEFINE_string(
        "trace_dir", "", "Only trace the model's step: a folder for TensorBoard's profile tab."
    )
    flags.DEFINE_string(
        "image_size", "240x320", "HEIGHTxWIDTH of the canvas in pixels, multiples of the stride."
    )


if __name__ == "__main__":
    _define_flags()
    command_line.run(main)
