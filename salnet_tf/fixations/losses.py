"""When too many fixations of a table are on no image: how many, which, and why perhaps."""

import numpy as np

_EXAMPLES = 3


def check(kept, lost, allowed, advice):
    """Refuse a table of which too much is lost.

    Args:
        kept: number of fixations on images.
        lost: reason -> list of (image, x, y) of those left out.
        allowed: share that may be lost, 0..1.
        advice: what to do about it.

    Raises:
        ValueError: more is lost; with reasons, examples and the advice.
    """
    count = sum(map(len, lost.values()))
    if not count or count <= allowed * (kept + count):
        return
    reasons = "; ".join(
        f"{reason}: {len(rows)}, as "
        + ", ".join(f"{image} at {x:.4g},{y:.4g}" for image, x, y in rows[:_EXAMPLES])
        for reason, rows in lost.items()
        if rows
    )
    raise ValueError(
        f"{count} of {kept + count} fixations are on no image ({reasons}). "
        f"{advice.strip()} Received: {count / (kept + count):.0%}, allowed {allowed:.0%}"
    )


def likely_cause(xy, size):
    """Why fixations lie outside their images, in a sentence; empty where nothing suggests itself.

    Args:
        xy: `[n, 2]` all fixations, in pixels as the table is read.
        size: (height, width) of a typical image.
    """
    xy = np.asarray(xy, np.float64).reshape(-1, 2)
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy):
        return "Are x and y other columns (--x_column, --y_column)?"
    limits = np.array(size[::-1], np.float64)
    low, high = np.percentile(xy, [2, 98], axis=0)
    if (low >= 0).all() and (high <= limits).all() and (high > 1).any():
        return ""
    if (high <= 1.001).all() and (low >= 0).all():
        return "All lie within 0..1: fractions (--units=fraction)?"
    if low[1] < -0.2 * limits[1] and high[1] < 0.2 * limits[1] and low[0] > -0.2 * limits[0]:
        return "All y are below 0: do they grow upwards (--y_up)?"
    if (high - low <= 1.15 * limits).all():
        offset = np.round((low + high - limits) / 2).astype(int)
        return (
            "They would fit if the image was shown elsewhere on the screen: about "
            f"--offset={offset[0]},{offset[1]}, or --screen=WIDTH,HEIGHT --offset=centred?"
        )
    return (
        f"They spread over {high[0] - low[0]:.0f}x{high[1] - low[1]:.0f} pixels, a typical image "
        f"has {limits[0]:.0f}x{limits[1]:.0f}: was it shown larger (--scale), or are they on the "
        "screen (--offset)?"
    )
