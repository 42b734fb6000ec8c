"""What a step of training costs: images per second and peak memory, beside deep backbones."""

import dataclasses

import numpy as np

from salnet_tf.profiling import turns

_PLAIN = "unfused batch norm"


@dataclasses.dataclass(frozen=True)
class TrainingCostConfig:
    """What is measured: a preset, beside backbones, on a made-up batch in memory.

    Args:
        model: a preset.
        backbones: names of `models.catalogue`.
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


def measure(config):
    """Measure each model in a process of its own; the preset's two batch normalisations in turns.

    Returns:
        A list of rows, dicts of `model`, `images_per_second` (of the median step) and `memory_gb`:
        growth of the process's peak resident memory since before the model was built.
    """
    size = (*config.image_size, config.batch_size)
    own = {config.model: "fused", f"{config.model}, {_PLAIN}": "plain"}
    taken = turns.take(
        {
            name: ("training", config.model, *size, norm, config.threads)
            for name, norm in own.items()
        },
        config.rounds,
        seconds_per_turn=1.0,
    )
    for name in config.backbones:  # one at a time: gigabytes each
        taken |= turns.take({name: ("training", name, *size, "fused", config.threads)}, rounds=1)
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
    first = rows[0]
    lines = ["| model | images/s | of the first | peak memory, GB | of the first |"]
    lines.append("|---|---|---|---|---|")
    for row in rows:
        speed = row["images_per_second"] / first["images_per_second"]
        memory = row["memory_gb"] / first["memory_gb"]
        lines.append(
            f"| {row['model']} | {row['images_per_second']:.1f} | {speed:.2f} "
            f"| {row['memory_gb']:.2f} | {memory:.1f} |"
        )
    return "\n".join(lines)
