"""A density in numbers: where its peaks are, where its weight lies, how much falls into a box."""

import cv2
import numpy as np

_GRID = 256  # cells of the longer side within which peaks are searched


def summarise(density, boxes=(), peaks=5):
    """What a program wants to know of a density.

    Args:
        density: `[H, W]`, sums to 1.
        boxes: (left, top, right, bottom) in pixels, right and bottom exclusive.
        peaks: most peaks to list.

    Returns:
        A dict for json: width, height; peaks, each x, y (pixel centres) and its density in
        multiples of a uniform one; centre_of_mass; thirds, the share of each cell of a 3x3 grid;
        boxes, the share of each.
    """
    height, width = density.shape
    x, y = density.sum(axis=0), density.sum(axis=1)
    return {
        "width": width,
        "height": height,
        "peaks": [
            {"x": px + 0.5, "y": py + 0.5, "strength": round(float(value) * density.size, 3)}
            for px, py, value in find_peaks(density, peaks)
        ],
        "centre_of_mass": {
            "x": round(float(x @ (np.arange(width) + 0.5) / x.sum()), 2),
            "y": round(float(y @ (np.arange(height) + 0.5) / y.sum()), 2),
        },
        "thirds": [[round(share(density, box), 5) for box in row] for row in _thirds(density)],
        "boxes": [{"box": list(box), "share": round(share(density, box), 5)} for box in boxes],
    }


def find_peaks(density, count):
    """The highest local maxima, at least a tenth of the longer side apart.

    Returns:
        [(x, y, density)], the highest first; those under a tenth of the highest are left out.
    """
    step = -(-max(density.shape) // _GRID)
    coarse = _block_maxima(density, step)
    reach = 2 * (max(coarse.shape) // 20) + 1
    highest = cv2.dilate(coarse, np.ones((reach, reach), np.uint8))
    y, x = np.nonzero((coarse == highest) & (coarse > coarse.max() / 10))
    found = []
    for i in np.argsort(-coarse[y, x], kind="stable"):
        if len(found) == count:
            break
        if all(max(abs(x[i] - px), abs(y[i] - py)) > reach // 2 for px, py in found):
            found.append((x[i], y[i]))
    return [_highest(density, px * step, py * step, step) for px, py in found]


def _block_maxima(density, step):
    """The maximum of each block of `step` x `step` pixels, those at the edges smaller."""
    for axis in (0, 1) if step > 1 else ():
        length = density.shape[axis]
        starts = np.arange(0, length, step)
        parts = [density.take(np.minimum(starts + i, length - 1), axis) for i in range(step)]
        density = np.maximum.reduce(parts)
    return density


def _highest(density, left, top, step):
    """(x, y, density) of the highest pixel of a block."""
    block = density[top : top + step, left : left + step]
    y, x = np.unravel_index(block.argmax(), block.shape)
    return int(left + x), int(top + y), block[y, x]


def share(density, box):
    """The part of the density inside (left, top, right, bottom), 0..1.

    Raises:
        ValueError: the box is empty or does not meet the image.
    """
    left, top, right, bottom = box
    inside = density[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if right <= left or bottom <= top or inside.size == 0:
        raise ValueError(
            f"A box is left, top, right, bottom within the image of {density.shape[1]}x"
            f"{density.shape[0]}. Received: {tuple(box)}"
        )
    return float(inside.sum(dtype=np.float64))


def _thirds(density):
    """Boxes of a 3x3 grid, row by row; in an image of under 3 pixels cells share a pixel."""
    (ys, ye), (xs, xe) = (_cells(side) for side in density.shape)
    return [[(xs[i], ys[j], xe[i], ye[j]) for i in range(3)] for j in range(3)]


def _cells(side):
    edges = [round(side * i / 3) for i in range(4)]
    starts = [min(start, side - 1) for start in edges[:3]]
    return starts, [max(end, start + 1) for start, end in zip(starts, edges[1:], strict=True)]
