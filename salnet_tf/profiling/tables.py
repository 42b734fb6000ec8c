"""The tables of a profile: Markdown, CSV and JSON, and the one in the README."""

import csv
import dataclasses
import json
import os
import platform

from salnet_tf import files

# column of a row -> (heading, format) of the Markdown table.
COLUMNS = {
    "model": ("model", "{}"),
    "type": ("type", "{}"),
    "parameters": ("parameters", "{:,}"),
    "gmac": ("GMAC", "{:.3f}"),
    "file_mb": ("file MB", "{:.3f}"),
    "saved_model_mb": ("SavedModel MB", "{:.2f}"),
    "live_sum_mb": ("all activations MB", "{:.2f}"),
    "live_peak_mb": ("live peak MB", "{:.2f}"),
    "run_time_memory_mb": ("weights + peak MB", "{:.2f}"),
    "resident_growth_mb": ("resident growth MB", "{:.1f}"),
    "ms_p50_1t": ("ms, 1 thread", "{:.2f}"),
    "ms_p99_1t": ("99th percentile", "{:.2f}"),
    "ms_p50_2t": ("ms, 2 threads", "{:.2f}"),
    "gmac_s": ("GMAC/s at best", "{:.0f}"),
    "times_less_ms_p50_1t": ("times faster", "{:.0f}"),
    "times_less_run_time_memory_mb": ("times less memory", "{:.0f}"),
    "times_less_file_mb": ("times smaller file", "{:.0f}"),
    "training_step_ms": ("training step ms", "{:.0f}"),
    "training_growth_mb": ("training MB", "{:.0f}"),
    # Of `activations.Spread`.
    "layer": ("layer", "{}"),
    "maps": ("maps", "{}"),
    "active": ("cells above 0", "{:.1%}"),
    "silent": ("maps all 0", "{:.1%}"),
    "half": ("cells with half of a map", "{:.1%}"),
}
MARKED = "profile"


def write(rows, layers, config, scores):
    """Write `profile.md`, `profile.csv` and `profile.json` (with every layer) to the output."""
    with open(os.path.join(config.output_dir, "profile.md"), "w") as file:
        file.write(_heading(rows, config) + markdown(rows))
    fields = list(dict.fromkeys(key for row in rows for key in row))
    with open(os.path.join(config.output_dir, "profile.csv"), "w", newline="") as file:
        writer = csv.DictWriter(file, fields)
        writer.writeheader()
        writer.writerows(rows)
    facts = {
        "config": {k: v for k, v in dataclasses.asdict(config).items() if k != "output_dir"},
        "machine": platform.machine(),
        "rows": rows,
        "scores": scores,
        "layers": {
            name: [dataclasses.asdict(c) for c in costs] for name, (costs, _) in layers.items()
        },
    }
    with open(os.path.join(config.output_dir, "profile.json"), "w") as file:
        json.dump(facts, file, indent=1)


def markdown(rows):
    """Rows as a Markdown table; columns that no row has are left out."""
    columns = [c for c in COLUMNS if any(row.get(c) is not None for row in rows)]
    lines = [[COLUMNS[c][0] for c in columns], ["---"] * 2 + ["---:"] * (len(columns) - 2)]
    for row in rows:
        lines.append(["" if row.get(c) is None else COLUMNS[c][1].format(row[c]) for c in columns])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def read_scores(path):
    """model -> {"cc": .., "nss": ..} from a json file.

    Raises:
        ValueError: it is not such a file.
    """
    try:
        with open(path) as file:
            scores = json.load(file)
        return {name: {k: float(v) for k, v in row.items()} for name, row in scores.items()}
    except (json.JSONDecodeError, AttributeError, TypeError) as error:
        raise ValueError(f"scores is json, model to metric to number. Received: {path}") from error


def update_readme(path, presets):
    """Put the table of presets between the two markers of a file.

    Args:
        path: of a text file with the markers of `MARKED` (`serving.marked`).
        presets: list of dicts, `model`, `parameters`, `canvas`, `gmac`, and scores.

    Raises:
        ValueError: the file lacks a marker.
    """
    files.write_part(path, MARKED, _presets_table(presets))


def _presets_table(presets):
    metrics = list(dict.fromkeys(k for p in presets for k in p if k not in _PRESET_COLUMNS))
    heads = [*_PRESET_COLUMNS.values(), *(metric.upper() for metric in metrics)]
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1)]
    for preset in presets:
        cells = [
            f"`{preset['model']}`",
            f"{preset['parameters']:,}",
            preset["canvas"],
            f"{preset['gmac']:.3f}",
        ]
        lines.append(cells + [f"{preset[m]:.3f}" if m in preset else "" for m in metrics])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


_PRESET_COLUMNS = {
    "model": "preset",
    "parameters": "parameters",
    "canvas": "canvas",
    "gmac": "GMAC",
}


def _heading(rows, config):
    height, width = config.image_size
    peaks = {f"{row['model']} {row['type']}": row["live_peak_at"] for row in rows}
    where = ", ".join(f"{name}: {at}" for name, at in peaks.items())
    empty = rows[0]["empty_growth_mb"]
    return (
        f"{height}x{width}, batch 1, LiteRT with XNNPACK, each model in a process of its own, in "
        f"turns. MB are 10^6 bytes; an empty interpreter grows by {empty:.1f} MB. "
        f"Times are against {config.reference}. The live peak is at: {where}. One dense 1x1 "
        f"convolution in fp32 reaches {rows[0]['dense_gmac_s']:.0f} GMAC/s with "
        f"{config.threads[0]} thread(s): the core's practical peak.\n\n"
    )
