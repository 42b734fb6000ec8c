"""What an evaluation found: its summary, and the files that other programs read."""

import csv
import dataclasses
import math

import numpy as np

from salnet_tf import files
from salnet_tf.evaluation import intervals, scoring, tables


@dataclasses.dataclass
class Result:
    """Everything the outputs are written from.

    Attributes:
        config: the `evaluate.EvaluateConfig`.
        images: the stimuli that are scored.
        values: row -> metric -> `[images]`, NaN where left out.
        rows: row -> what it is.
        conventions: what is printed beside the numbers.
        left_out: list of (row, image_id, reason); row "all" for an image that nothing is scored on.
        calibration: model -> `reliability.curve`.
        notes: sentences.
    """

    config: object
    images: list
    values: dict
    rows: dict
    conventions: dict
    left_out: list
    calibration: dict
    notes: list


def summary(result):
    """Row -> metric -> mean, low, high, n over images."""
    seed = result.config.seed
    return {
        row: {name: intervals.mean(values, seed) for name, values in each.items()}
        for row, each in result.values.items()
    }


def comparison(result):
    """Paired comparison of the first two models: metric -> `intervals.compare`; None for fewer."""
    models = [row for row in result.rows if row not in scoring.BASELINES]
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
    left_out = [row for row, *_ in result.left_out]
    return {row: left_out.count(row) + left_out.count("all") for row in result.values}


def score_cells(result, interval=True):
    """The score table: (head, rows)."""
    head = ["", *result.config.metrics, *(["images"] if interval else []), "left out"]
    left_out, rows = counts(result), []
    for row, values in summary(result).items():
        used = [str(max((value["n"] for value in values.values()), default=0))] * interval
        scores = [tables.score(value, interval) for value in values.values()]
        rows.append([row, *scores, *used, str(left_out[row])])
    return head, rows


def comparison_cells(result):
    """The paired comparison: (head, rows), or None."""
    paired = comparison(result)
    if paired is None:
        return None
    head = ["", f"{paired['first']} minus {paired['second']}", "images won", "p", "images"]
    rows = []
    for name, v in paired["metrics"].items():
        if v["n"]:
            interval = f"{v['mean']:+.4f} [{v['low']:+.4f}, {v['high']:+.4f}]"
            rows.append([name, interval, f"{v['won']:.0%}", f"{v['p']:.4f}", str(v["n"])])
    return head, rows


def calibration_cells(result):
    """The calibration of each model: (head, rows)."""
    head = ["stated share", *result.calibration]
    curves = list(result.calibration.values())
    rows = [
        [f"{stated:.1f}", *(f"{curve['observed'][k]:.3f}" for curve in curves)]
        for k, stated in enumerate(curves[0]["stated"])
    ]
    rows.append(["mean error", *(f"{curve['error']:.3f}" for curve in curves)])
    return head, rows


def write_json(result, path):
    """Means, intervals, conventions, comparison, calibration and what was left out."""
    left_out, means = counts(result), summary(result)
    content = {
        "conventions": result.conventions,
        "rows": {
            row: {"what": result.rows[row], "left_out": left_out[row], "scores": values}
            for row, values in means.items()
        },
        "comparison": comparison(result),
        "calibration": result.calibration,
        "left_out": [
            dict(zip(("row", "image", "reason"), each, strict=True)) for each in result.left_out
        ],
        "notes": result.notes,
        "config": dataclasses.asdict(result.config),
    }
    files.write_json(path, content)


def write_csv(result, path):
    """One row per image, columns `<row>:<metric>`; an empty cell is a score that does not exist."""
    columns = [(row, name) for row in result.values for name in result.config.metrics]
    reasons = {}
    for row, image_id, reason in result.left_out:
        reasons.setdefault(image_id, []).append(f"{row}: {reason}")
    with files.new_file(path) as partial, open(partial, "w", newline="") as file:
        writer = csv.writer(file)
        head = ["image", "fixations", "observers", "left_out"]
        writer.writerow(head + [f"{row}:{name}" for row, name in columns])
        for k, stimulus in enumerate(result.images):
            why = "; ".join(reasons.pop(stimulus.image_id, []))
            facts = [stimulus.image_id, len(stimulus.xy), len(np.unique(stimulus.observers)), why]
            cells = [result.values[row][name][k] for row, name in columns]
            writer.writerow(facts + ["" if math.isnan(x) else repr(float(x)) for x in cells])
        for image_id, why in reasons.items():
            writer.writerow([image_id, "", "", "; ".join(why), *[""] * len(columns)])
