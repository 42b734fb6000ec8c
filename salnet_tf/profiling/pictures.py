"""The pictures of a profile: cost against accuracy, memory over the layers, where the MACs sit."""

import os

import matplotlib
import numpy as np

matplotlib.use("agg")

from matplotlib import figure


def write(rows, layers, folder, scores):
    """Write `memory.png`, `macs.png` and, where there are scores, `cost_accuracy.png`."""
    _memory(layers).savefig(os.path.join(folder, "memory.png"), dpi=120)
    _macs(layers).savefig(os.path.join(folder, "macs.png"), dpi=120)
    write_cost_accuracy(rows, folder, scores)


def write_cost_accuracy(rows, folder, scores):
    """Write `cost_accuracy.png`, where there are scores.

    Args:
        rows: dicts of a `model`, its `gmac` and `parameters`.
        folder: where it goes; made if absent.
        scores: model -> metric -> number.
    """
    if any(row["model"] in scores for row in rows):
        os.makedirs(folder, exist_ok=True)
        _cost_accuracy(rows, scores).savefig(os.path.join(folder, "cost_accuracy.png"), dpi=120)


def _memory(layers):
    drawn = figure.Figure(figsize=(8, 4.5), layout="constrained")
    axes = drawn.subplots()
    for name, (_, walk) in layers.items():
        live = np.array(walk.live) / 1e6
        axes.step(np.linspace(0, 1, len(live)), live, where="mid", label=name)
    axes.set(
        yscale="log",
        xlabel="position in the network, 0 input, 1 output",
        ylabel="live activations, MB (fp32)",
        title="Activation memory over the layers, batch 1",
    )
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    return drawn


def _macs(layers):
    drawn = figure.Figure(figsize=(8, 1 + 2.2 * len(layers)), layout="constrained")
    grid = drawn.subplots(len(layers), 1, squeeze=False)[:, 0]
    for axes, (name, (costs, _)) in zip(grid, layers.items(), strict=True):
        groups = _by_group(costs)
        axes.bar(range(len(groups)), [macs / 1e6 for macs in groups.values()], color="C0")
        axes.set_xticks(range(len(groups)), groups, rotation=60, ha="right", fontsize=6)
        total = sum(groups.values())
        axes.set_ylabel("MMAC", fontsize=8)
        axes.set_title(f"{name}: {total / 1e9:.3f} GMAC", fontsize=9)
    return drawn


def _by_group(costs):
    """MACs by the first part of the layers' names, and its number: a stem, a module, a block."""
    groups = {}
    for cost in costs:
        if cost.macs:
            group, *rest = cost.name.split("_")
            group += f" {rest[0]}" if rest and rest[0].isdigit() else ""
            groups[group] = groups.get(group, 0) + cost.macs
    return groups


def _cost_accuracy(rows, scores):
    """A panel per metric; a model that was scored but not profiled is a line at its score."""
    rows = sorted(rows, key=lambda row: row["gmac"])
    by_model = {row["model"]: row for row in rows if row["model"] in scores}
    others = [name for name in scores if name not in by_model and "." not in name]
    metrics = list(dict.fromkeys(m for name in by_model for m in scores[name]))
    columns = min(4, len(metrics))
    lines = -(-len(metrics) // columns)
    drawn = figure.Figure(figsize=(4 * columns, 3.2 * lines), layout="constrained")
    panels = drawn.subplots(lines, columns, squeeze=False).ravel()
    for axes, metric in zip(panels, metrics, strict=False):
        for place, (name, row) in enumerate(by_model.items()):
            if metric in scores[name]:
                point = row["gmac"], scores[name][metric]
                axes.scatter(*point, s=8 + row["parameters"] / 1e4)
                # Below and above in turns: neighbours' names would cover each other.
                offset = (0, 6 if place % 2 else -13)
                axes.annotate(
                    name, point, offset, textcoords="offset points", fontsize=8, ha="center"
                )
        for name in others:
            if metric in scores[name]:
                axes.axhline(scores[name][metric], color="gray", linestyle="--", linewidth=1)
                axes.text(
                    0.02,
                    scores[name][metric],
                    name,
                    fontsize=8,
                    va="bottom",
                    transform=axes.get_yaxis_transform(),
                )
        axes.set(xscale="log", xlabel="GMAC per image", ylabel=metric.upper())
        costs = sorted({round(row["gmac"], 3) for row in by_model.values()})
        axes.set_xticks(costs, [f"{cost:.3g}" for cost in costs], fontsize=8)
        axes.minorticks_off()
        axes.margins(0.4, 0.15)
        axes.grid(alpha=0.3)
    for axes in panels[len(metrics) :]:
        axes.set_axis_off()
    return drawn
