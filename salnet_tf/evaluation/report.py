"""Writes the outputs of an evaluation; report.html is one file that needs no network."""

import base64
import html
import io
import pathlib

import cv2
import numpy as np
from matplotlib import figure

from salnet_tf import files
from salnet_tf.evaluation import results, scoring, tables
from salnet_tf.images import map_files, render

PANELS = 5  # best and worst images shown
PANEL_METRICS = ("cc", "nss", "auc")  # the first of these that was scored ranks the images
WIDTH = 320  # of one picture of a panel, pixels

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
        result: a `results.Result`.
        models: name -> function from a `Stimulus` to a map, for the pictures.
    """
    folder = pathlib.Path(result.config.output_dir)
    results.write_csv(result, folder / "scores.csv")
    files.write_bytes(folder / "scores.md", _markdown(result).encode())
    files.write_bytes(folder / "report.html", _page(result, models).encode())
    results.write_json(result, folder / "scores.json")


def _markdown(result):
    """The same as the page without pictures."""
    c, paired = result.conventions, results.comparison_cells(result)
    parts = [f"# {_title(result)}", tables.markdown(*results.score_cells(result))]
    parts.append(_bullets(f"{row}: {what}" for row, what in result.rows.items()))
    if paired:
        parts += ["## Paired comparison", tables.markdown(*paired)]
    if result.calibration:
        parts.append("## Calibration: observed share of fixations")
        parts.append(tables.markdown(*results.calibration_cells(result)))
    parts += ["## Conventions", _bullets(f"{name}: {text}" for name, text in c.items())]
    parts.append(_bullets(f"{n}: {scoring.METRICS[n][0]}" for n in result.config.metrics))
    parts += [f"## Left out: {len(result.left_out)}", _bullets(_left_out(result))]
    parts.append(_bullets(result.notes))
    return "\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"


def _page(result, models):
    title, paired = html.escape(_title(result)), results.comparison_cells(result)
    parts = [f"<h1>{title}</h1>", tables.as_html(*results.score_cells(result))]
    parts.append(_definitions(result.rows))
    if paired:
        parts += ["<h2>Paired comparison</h2>", tables.as_html(*paired)]
    parts += ["<h2>Conventions</h2>", _definitions(result.conventions)]
    parts.append(_definitions({name: scoring.METRICS[name][0] for name in result.config.metrics}))
    parts.append(f"<h2>Left out: {len(result.left_out)}</h2>")
    parts.append(_list([*_left_out(result), *result.notes]))
    if result.calibration:
        parts += [
            "<h2>Calibration</h2><p>A region that a model says holds some share of the fixations: "
            "the share it holds.</p>",
            f'<img alt="calibration" src="{_calibration_plot(result.calibration)}">',
            tables.as_html(*results.calibration_cells(result)),
        ]
    for name, model in models.items():
        parts += _panels(result, name, model)
    body = "\n".join(parts)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )


def _title(result):
    return f"Scores on {result.conventions['data set']}, {result.conventions['split']}"


def _left_out(result):
    return [f"{image} ({row}): {reason}." for row, image, reason in result.left_out]


def _bullets(sentences):
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _panels(result, name, model):
    """The best and the worst images of one model."""
    metric = next((m for m in PANEL_METRICS if m in result.config.metrics), None)
    if metric is None:
        return []
    values = result.values[name][metric]
    ranked = np.argsort(-values)[: np.count_nonzero(~np.isnan(values))]
    shown = min(PANELS, (len(ranked) + 1) // 2)
    titles = ("photo", "fixations", "truth", "prediction")
    legend = "".join(f"<span>{text}</span>" for text in titles)
    parts = []
    for title, chosen in (("Best", ranked[:shown]), ("Worst", ranked[len(ranked) - shown :][::-1])):
        parts.append(f"<h2>{title} images of {html.escape(name)}, by {metric}</h2>")
        parts.append(f'<div class="legend">{legend}</div>')
        parts += [_figure(result.images[k], model, f"{metric} {values[k]:.3f}") for k in chosen]
    return parts


def _figure(stimulus, model, caption):
    saliency = map_files.checked(model(stimulus), stimulus.size)
    truth = scoring.Truth(stimulus, np.zeros((0, 2)), None).density
    data = render.encoded("panel.jpg", panel(stimulus, truth, saliency))
    caption = f"{html.escape(stimulus.image_id)}: {caption}"
    source = _address("image/jpeg", data)
    return f'<figure><img alt="" src="{source}"><figcaption>{caption}</figcaption></figure>'


def panel(stimulus, truth, saliency):
    """Photo, fixations, truth and prediction over the photo, side by side: RGB uint8."""
    size = (WIDTH, max(1, round(WIDTH * stimulus.size[0] / stimulus.size[1])))
    photo, truth, saliency = (
        cv2.resize(x, size, interpolation=cv2.INTER_AREA)
        for x in (stimulus.image(), truth, saliency)
    )
    dotted = render.points(photo, stimulus.xy * (WIDTH / stimulus.size[1]))
    heated = [render.overlay(photo, density) for density in (truth, saliency)]
    return np.concatenate([photo, dotted, *heated], axis=1)


def _calibration_plot(curves):
    """Observed against stated share of fixations, one line per model."""
    plot = figure.Figure(figsize=(4.2, 4.0), layout="constrained")
    axes = plot.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--")
    for name, curve in curves.items():
        axes.plot(curve["stated"], curve["observed"], marker="o", markersize=3, label=name)
    axes.set(xlabel="stated share of fixations", ylabel="observed share", xlim=(0, 1), ylim=(0, 1))
    axes.legend(frameon=False)
    buffer = io.BytesIO()
    plot.savefig(buffer, format="svg", metadata={"Date": None})
    return _address("image/svg+xml", buffer.getvalue())


def _address(kind, data):
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _definitions(pairs):
    items = "".join(
        f"<dt>{html.escape(str(k))}</dt><dd>{html.escape(str(v))}</dd>" for k, v in pairs.items()
    )
    return f"<dl>{items}</dl>"


def _list(sentences):
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in sentences)
    return f"<ul>{items}</ul>" if items else ""
