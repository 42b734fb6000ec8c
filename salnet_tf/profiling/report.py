"""What a profile writes: Markdown, CSV and JSON, and the table of presets in the README."""

import csv
import dataclasses
import io
import json
import pathlib
import platform

from salnet_tf import files
from salnet_tf.evaluation import tables
from salnet_tf.models import presets as presets_lib
from salnet_tf.models import salnet
from salnet_tf.profiling import counting

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
    "training_memory_mb": ("training MB, batch of 8", "{:.0f}"),
}
MARKED = "profile"


def write(rows, layers, config, scores):
    """Write `profile.md`, `profile.csv` and `profile.json` (with every layer) to the output."""
    folder = pathlib.Path(config.output_dir)
    files.write_bytes(
        folder / "profile.md",
        ("# What each model costs\n\n" + _heading(rows, config) + markdown(rows)).encode(),
    )
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)))
    writer.writeheader()
    writer.writerows(rows)
    files.write_bytes(folder / "profile.csv", text.getvalue().encode())
    facts = {
        "config": {k: v for k, v in dataclasses.asdict(config).items() if k != "output_dir"},
        "machine": platform.machine(),
        "rows": rows,
        "scores": scores,
        "layers": {
            name: [dataclasses.asdict(c) for c in costs] for name, (costs, _) in layers.items()
        },
    }
    files.write_json(folder / "profile.json", facts)


def markdown(rows):
    """Rows as a Markdown table; columns that no row has are left out."""
    columns = [c for c in COLUMNS if any(row.get(c) is not None for row in rows)]
    cells = [
        ["" if row.get(c) is None else COLUMNS[c][1].format(row[c]) for c in columns]
        for row in rows
    ]
    return tables.markdown([COLUMNS[c][0] for c in columns], cells, left=2)


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


def presets(scores):
    """One dict per preset: `model`, `parameters` (batch norm folded), `canvas`, `gmac`, its scores.

    `gmac` is counted at the preset's own canvas.

    Args:
        scores: preset -> metric -> number; presets without any keep empty cells.
    """
    rows = []
    for name in presets_lib.PRESETS:
        height, width = presets_lib.preset(name).image_size
        model = salnet.build_salnet(name, (height, width), batch_norm=False)
        parameters, macs = counting.total(counting.layer_costs(model))
        costs = {"parameters": parameters, "canvas": f"{height}x{width}", "gmac": macs / 1e9}
        rows.append({"model": name, **costs, **scores.get(name, {})})
    return rows


def update_readme(path, rows):
    """Put the table of presets between the two markers of a file.

    Args:
        path: of a text file with the markers of `MARKED` (`files.write_part`).
        rows: of `presets`.

    Raises:
        ValueError: the file lacks a marker.
    """
    costs = ("model", "parameters", "canvas", "gmac")
    metrics = list(dict.fromkeys(k for row in rows for k in row if k not in costs))
    head = ["preset", "parameters", "canvas", "GMAC", *(metric.upper() for metric in metrics)]
    cells = [
        [
            f"`{row['model']}`",
            f"{row['parameters']:,}",
            row["canvas"],
            f"{row['gmac']:.3f}",
            *(f"{row[m]:.3f}" if m in row else "" for m in metrics),
        ]
        for row in rows
    ]
    files.write_part(path, MARKED, tables.markdown(head, cells))


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
