"""The scores as JSON, CSV (one row per image) and Markdown."""

import csv
import dataclasses
import json
import math

from salnet_tf.evaluation import intervals, scoring


def summary(result):
    """Row -> metric -> mean, low, high, n over images."""
    seed = result.config.seed
    return {
        row: {name: intervals.mean(values, seed) for name, values in each.items()}
        for row, each in result.values.items()
    }


def comparison(result):
    """Paired comparison of the first two models: metric -> `intervals.compare`; None for fewer."""
    models = list(result.calibration)
    if len(models) < 2:
        return None
    first, second = (result.values[name] for name in models[:2])
    return {
        "first": models[0],
        "second": models[1],
        "metrics": {
            name: intervals.compare(
                first[name], second[name], scoring.METRICS[name][1], result.config.seed
            )
            for name in result.config.metrics
        },
    }


def counts(result):
    """Row -> images left out of it, those left out of everything included."""
    everywhere = sum(row == "all" for row, *_ in result.left_out)
    own = {name: 0 for name in result.values}
    for row, *_ in result.left_out:
        if row != "all":
            own[row] += 1
    return {row: count + everywhere for row, count in own.items()}


def write_json(result, path):
    """Means, intervals, conventions, comparison, calibration and what was left out."""
    content = {
        "conventions": result.conventions,
        "rows": {
            row: {"what": result.rows[row], "left_out": counts(result)[row], "scores": values}
            for row, values in summary(result).items()
        },
        "comparison": comparison(result),
        "calibration": result.calibration,
        "left_out": [
            dict(zip(("row", "image", "reason"), each, strict=True)) for each in result.left_out
        ],
        "notes": result.notes,
        "config": dataclasses.asdict(result.config),
    }
    path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")


def write_csv(result, path):
    """One row per image, columns `<row>:<metric>`; an empty cell is a score that does not exist."""
    columns = [(row, name) for row in result.values for name in result.config.metrics]
    reasons = {}
    for row, image_id, reason in result.left_out:
        reasons.setdefault(image_id, []).append(f"{row}: {reason}")
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        head = ["image", "fixations", "observers", "left_out"]
        writer.writerow(head + [f"{row}:{name}" for row, name in columns])
        for k, stimulus in enumerate(result.images):
            cells = [result.values[row][name][k] for row, name in columns]
            writer.writerow(
                [
                    stimulus.image_id,
                    len(stimulus.xy),
                    len(set(stimulus.observers)),
                    "; ".join(reasons.pop(stimulus.image_id, [])),
                    *("" if math.isnan(cell) else repr(float(cell)) for cell in cells),
                ]
            )
        for image_id, why in reasons.items():
            writer.writerow([image_id, "", "", "; ".join(why), *[""] * len(columns)])


def cells(result):
    """The score table as text: header and one list of cells per row, mean and interval."""
    head = ["", *result.config.metrics, "images", "left out"]
    body = []
    for row, values in summary(result).items():
        used = max((value["n"] for value in values.values()), default=0)
        scores = [
            "–" if v["mean"] is None else f"{v['mean']:.3f} [{v['low']:.3f}, {v['high']:.3f}]"
            for v in values.values()
        ]
        body.append([row, *scores, str(used), str(counts(result)[row])])
    return head, body


def comparison_cells(result):
    """The paired comparison as text cells, or None."""
    paired = comparison(result)
    if paired is None:
        return None
    head = ["", f"{paired['first']} minus {paired['second']}", "images won", "p", "images"]
    body = []
    for name, v in paired["metrics"].items():
        if v["n"]:
            interval = f"{v['mean']:+.4f} [{v['low']:+.4f}, {v['high']:+.4f}]"
            body.append([name, interval, f"{v['won']:.0%}", f"{v['p']:.4f}", str(v["n"])])
    return head, body


def calibration_cells(result):
    """The calibration of each model as text cells."""
    head = ["stated share", *result.calibration]
    curves = list(result.calibration.values())
    body = [
        [f"{stated:.1f}", *(f"{curve['observed'][k]:.3f}" for curve in curves)]
        for k, stated in enumerate(curves[0]["stated"])
    ]
    body.append(["mean error", *(f"{curve['error']:.3f}" for curve in curves)])
    return head, body


def write_markdown(result, path):
    """The same as the report without pictures."""
    c = result.conventions
    parts = [f"# Scores on {c['data set']}, {c['split']}", _markdown(*cells(result))]
    parts.append("\n".join(f"- {row}: {what}" for row, what in result.rows.items()))
    if comparison_cells(result):
        parts += ["## Paired comparison", _markdown(*comparison_cells(result))]
    if result.calibration:
        parts += [
            "## Calibration: observed share of fixations",
            _markdown(*calibration_cells(result)),
        ]
    parts += ["## Conventions", "\n".join(f"- {name}: {text}" for name, text in c.items())]
    parts.append("\n".join(f"- {n}: {scoring.METRICS[n][0]}" for n in result.config.metrics))
    parts.append(f"## Left out: {len(result.left_out)}")
    parts.append(
        "\n".join(f"- {image} ({row}): {reason}." for row, image, reason in result.left_out)
    )
    parts.append("\n".join(f"- {note}" for note in result.notes))
    path.write_text("\n\n".join(filter(None, parts)) + "\n")


def _markdown(head, body):
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def terminal(result):
    """The means alone, aligned, for a terminal."""
    head = ["", *result.config.metrics, "left out"]
    lines = [head]
    for row, values in summary(result).items():
        scores = ["–" if v["mean"] is None else f"{v['mean']:.3f}" for v in values.values()]
        lines.append([row, *scores, str(counts(result)[row])])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    )
