"""Pictures for the report: photo, fixations, truth and prediction side by side; calibration."""

import base64
import io

import cv2
import numpy as np
from matplotlib import figure

WIDTH = 320  # of one picture of a panel, pixels


def panel(stimulus, truth_density, saliency):
    """Photo, photo with fixations, truth and prediction over the grey photo.

    Args:
        stimulus: a `Stimulus`.
        truth_density: `[height, width]`.
        saliency: `[height, width]`.

    Returns:
        `data:` address of a JPEG.
    """
    height = round(WIDTH * stimulus.size[0] / stimulus.size[1])
    photo = cv2.resize(stimulus.image(), (WIDTH, height), interpolation=cv2.INTER_AREA)
    dotted = photo.copy()
    for x, y in stimulus.xy * (WIDTH / stimulus.size[1]):
        cv2.circle(dotted, (int(x), int(y)), 3, (0, 0, 0), -1, cv2.LINE_AA)
        cv2.circle(dotted, (int(x), int(y)), 2, (255, 230, 0), -1, cv2.LINE_AA)
    heated = [_over(photo, density) for density in (truth_density, saliency)]
    return _jpeg(np.concatenate([photo, dotted, *heated], axis=1))


def calibration_plot(curves):
    """Observed against stated share of fixations, one line per model: `data:` address of an SVG."""
    plot = figure.Figure(figsize=(4.2, 4.0), layout="constrained")
    axes = plot.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--")
    for name, curve in curves.items():
        axes.plot(curve["stated"], curve["observed"], marker="o", markersize=3, label=name)
    axes.set(xlabel="stated share of fixations", ylabel="observed share", xlim=(0, 1), ylim=(0, 1))
    axes.legend(frameon=False)
    buffer = io.BytesIO()
    plot.savefig(buffer, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()


def _over(photo, density):
    """The density as colours over the photo in grey; square root, so that faint parts show."""
    small = cv2.resize(density, photo.shape[1::-1], interpolation=cv2.INTER_AREA)
    strength = np.sqrt(np.clip(small / small.max(), 0, 1))
    colours = cv2.applyColorMap(np.rint(255 * strength).astype(np.uint8), cv2.COLORMAP_INFERNO)
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[..., None]
    share = 0.25 + 0.6 * strength[..., None]
    return np.rint((1 - share) * grey + share * colours[..., ::-1]).astype(np.uint8)


def _jpeg(rgb):
    encoded = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return "data:image/jpeg;base64," + base64.b64encode(encoded).decode()
