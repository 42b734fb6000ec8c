"""Writes the outputs of an evaluation; report.html is one file that needs no network."""

import html
import pathlib

import numpy as np

from salnet_tf import files
from salnet_tf.evaluation import panels, predictions, scoring, tables

PANELS = 5  # best and worst images shown
PANEL_METRICS = ("cc", "nss", "auc")  # the first of these that was scored ranks the images

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem;
  color: #1c1c1c; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .45rem; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
td small { display: block; font-size: .72rem; color: #666; white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; }
dt { color: #555; } dd { margin: 0; }
figure { margin: 0 0 1rem; } figure img { width: 100%; } figcaption { color: #555; }
.legend { display: grid; grid-template-columns: repeat(4, 1fr); color: #555; }
"""


def write(result, models):
    """Write scores.csv, scores.md, report.html and, last, scores.json into the output folder.

    Where a whole scores.json is, all are whole.

    Args:
        result: an `evaluate.Result`.
        models: name -> function from a `Stimulus` to a map, for the pictures.
    """
    folder = pathlib.Path(result.config.output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    tables.write_csv(result, folder / "scores.csv")
    tables.write_markdown(result, folder / "scores.md")
    (folder / "report.html").write_text(_page(result, models))
    with files.new_file(str(folder / "scores.json")) as partial:
        tables.write_json(result, pathlib.Path(partial))


def _page(result, models):
    c = result.conventions
    title = f"Scores on {c['data set']}, {c['split']}"
    parts = [f"<h1>{html.escape(title)}</h1>", _table(*tables.cells(result))]
    parts.append(_definitions(result.rows))
    if tables.comparison_cells(result):
        parts += ["<h2>Paired comparison</h2>", _table(*tables.comparison_cells(result))]
    parts += ["<h2>Conventions</h2>", _definitions(c)]
    parts.append(_definitions({name: scoring.METRICS[name][0] for name in result.config.metrics}))
    parts.append(f"<h2>Left out: {len(result.left_out)}</h2>")
    sentences = [f"{image} ({row}): {reason}." for row, image, reason in result.left_out]
    parts.append(_list([*sentences, *result.notes]))
    if result.calibration:
        parts += [
            "<h2>Calibration</h2><p>A region that a model says holds some share of the fixations: "
            "the share it holds.</p>",
            f'<img alt="calibration" src="{panels.calibration_plot(result.calibration)}">',
            _table(*tables.calibration_cells(result)),
        ]
    for name, model in models.items():
        parts += _panels(result, name, model)
    body = "\n".join(parts)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}'
        f"</title><style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )


def _panels(result, name, model):
    """The best and the worst images of one model."""
    metric = next((m for m in PANEL_METRICS if m in result.config.metrics), None)
    if metric is None:
        return []
    values = result.values[name][metric]
    order = np.argsort(-values)[: np.count_nonzero(~np.isnan(values))]
    shown = min(PANELS, (len(order) + 1) // 2)
    legend = "".join(
        f"<span>{text}</span>" for text in ("photo", "fixations", "truth", "prediction")
    )
    parts = []
    for title, chosen in (("Best", order[:shown]), ("Worst", order[len(order) - shown :][::-1])):
        parts.append(f"<h2>{title} images of {html.escape(name)}, by {metric}</h2>")
        parts.append(f'<div class="legend">{legend}</div>')
        parts += [_figure(result.images[k], model, f"{metric} {values[k]:.3f}") for k in chosen]
    return parts


def _figure(stimulus, model, caption):
    truth = scoring.Truth(stimulus, np.zeros((0, 2)), None)
    saliency = predictions.checked(model(stimulus), stimulus.size)
    source = panels.panel(stimulus, truth.density, saliency)
    caption = f"{html.escape(stimulus.image_id)}: {caption}"
    return f'<figure><img alt="" src="{source}"><figcaption>{caption}</figcaption></figure>'


def _table(head, body):
    """Cells as an HTML table; an interval goes on a line of its own."""

    def cell(text):
        text = html.escape(text)
        return (
            f"<td>{text.replace(' [', ' <small>[', 1)}</small></td>"
            if " [" in text
            else f"<td>{text}</td>"
        )

    first = "".join(f"<th>{html.escape(text)}</th>" for text in head)
    rows = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in body)
    return f'<div class="wide"><table><tr>{first}</tr>{rows}</table></div>'


def _definitions(pairs):
    items = "".join(
        f"<dt>{html.escape(str(k))}</dt><dd>{html.escape(str(v))}</dd>" for k, v in pairs.items()
    )
    return f"<dl>{items}</dl>"


def _list(sentences):
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in sentences)
    return f"<ul>{items}</ul>" if items else ""
