"""Several evaluations in one table: the scores of a README, written by a command."""

import json

from salnet_tf import files
from salnet_tf.evaluation import scoring, tables

MARKED = "scores"
_NAMES = {
    "auc": "AUC",
    "auc_judd": "AUC-Judd",
    "auc_borji": "AUC-Borji",
    "sauc": "sAUC",
    "nss": "NSS",
    "cc": "CC",
    "sim": "SIM",
    "kld": "KL",
    "ig": "IG",
    "emd": "EMD",
    "sauc_cb": "sAUC of density / centre bias",
}


def read(folders):
    """The scores that `trainers.evaluate` left in folders.

    Args:
        folders: list of `pathlib.Path`, each with a `scores.json`; of folders on the same split of
            the same set a row counts once, as the first has it.

    Returns:
        {"set, split": {row: {metric: {"mean", "low", "high", "n"}}}}.

    Raises:
        ValueError: a folder without scores, two that score the same split by other conventions, or
            two models of one name.
    """
    boards, conventions, sources = {}, {}, {}
    for folder in folders:
        path = folder / "scores.json"
        if not path.is_file():
            raise ValueError(f"No scores.json there. Received: {folder}")
        content = json.loads(path.read_text())
        stated = content["conventions"]
        name = f"{stated['data set']}, {stated['split']} ({stated['images']} images)"
        if conventions.setdefault(name, stated) != stated:
            raise ValueError(f"Folders score {name} by different conventions. Received: {folder}")
        board = boards.setdefault(name, {})
        for row, found in content["rows"].items():
            first = sources.setdefault((name, row), folder)
            known = board.setdefault(row, found["scores"])
            if row not in scoring.BASELINES and _differ(known, found["scores"]):
                raise ValueError(
                    f"Two models of {name} have one name and other scores. "
                    f"Received: {row} in {first} and {folder}"
                )
    return boards


def _differ(one, other):
    """True where a metric that both rows have differs."""
    return any(one[metric] != other[metric] for metric in one.keys() & other.keys())


def markdown(boards, metrics, intervals=True):
    """One Markdown table per split, best models first by NSS.

    Args:
        boards: of `read`.
        metrics: names out of `scoring.METRICS`, the columns.
        intervals: True prints the 95 % interval over images below each mean.
    """
    parts = []
    for name, rows in boards.items():
        lines = []
        for row in sorted(rows, key=lambda row: -(rows[row].get("nss", {}).get("mean") or 0)):
            label = row.replace("_", " ") if row in scoring.BASELINES else f"`{row}`"
            cells = [tables.score(rows[row].get(metric), intervals) for metric in metrics]
            lines.append([label, *cells])
        head = ["", *(_NAMES[metric] for metric in metrics)]
        parts.append(f"**{name}**\n\n{tables.markdown(head, lines)}")
    return "\n".join(parts)


def means(boards, split, metrics):
    """{row: {metric: mean}} of the models on one split, for `trainers.profile --scores`.

    Raises:
        ValueError: no table is of this split.
    """
    found = [rows for name, rows in boards.items() if name.startswith(f"{split} ")]
    if not found:
        raise ValueError(f"There are scores of {'; '.join(boards)}. Received: {split}")
    return {
        row: {metric: scores[metric]["mean"] for metric in metrics if metric in scores}
        for row, scores in found[0].items()
        if row not in scoring.BASELINES
    }


def update(path, text):
    """Put text between the two markers of a file.

    Args:
        path: of a text file with the markers of `MARKED` (`serving.marked`).
        text: Markdown.

    Raises:
        ValueError: the file lacks a marker.
    """
    files.write_part(path, MARKED, f"\n{text}\n")


def check_metrics(metrics):
    """Raise a ValueError where a name is not of `scoring.METRICS`."""
    unknown = [name for name in metrics if name not in scoring.METRICS]
    if unknown or not metrics:
        raise ValueError(
            f"metrics must be of {', '.join(scoring.METRICS)}. Received: {', '.join(unknown)!r}"
        )
