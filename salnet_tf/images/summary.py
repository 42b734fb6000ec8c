"""A density in numbers: its peaks, its regions, its focal point, how much falls into a box."""

import cv2
import numpy as np

from salnet_tf.images import crop

_GRID = 256  # cells of the longer side within which peaks are searched


def summarise(density, size=None, peaks=5):
    """What a program wants to know of a density.

    Args:
        density: `[h, w]`, sums to 1.
        size: (height, width) of the photo, in whose pixels places are told; None: the density's.
        peaks: most peaks to list.

    Returns:
        A dict for json: width, height; focal_point (see `crop.focal_point`), peaks and
        centre_of_mass, each x and y in pixels, the first in parts of the photo's sides as well, the
        peaks with their density in multiples of a uniform one; thirds, the share of each cell of a
        3x3 grid; regions (see `find_regions`), the highest share first.
    """
    height, width = size or density.shape
    down, right = height / density.shape[0], width / density.shape[1]
    x, y = density.sum(axis=0), density.sum(axis=1)
    focal_x, focal_y = crop.focal_point(density)
    return {
        "width": width,
        "height": height,
        "focal_point": {
            "x": round(focal_x * width, 1),
            "y": round(focal_y * height, 1),
            "x_fraction": round(focal_x, 4),
            "y_fraction": round(focal_y, 4),
        },
        "peaks": [
            {
                "x": round((px + 0.5) * right, 2),
                "y": round((py + 0.5) * down, 2),
                "strength": round(float(value) * density.size, 3),
            }
            for px, py, value in find_peaks(density, peaks)
        ],
        "centre_of_mass": {
            "x": round(float(x @ (np.arange(len(x)) + 0.5) / x.sum()) * right, 2),
            "y": round(float(y @ (np.arange(len(y)) + 0.5) / y.sum()) * down, 2),
        },
        "thirds": [[round(share(density, box), 5) for box in row] for row in _thirds(density)],
        "regions": find_regions(density, (height, width)),
    }


def describe_box(box, size):
    """(left, top, right, bottom) in pixels of a photo -> a dict, with parts of its sides."""
    height, width = size
    sides = dict(zip(("left", "top", "right", "bottom"), map(int, box), strict=True))
    parts = (width, height, width, height)
    fractions = {
        name: round(value / part, 5)
        for (name, value), part in zip(sides.items(), parts, strict=True)
    }
    return {**sides, "fractions": fractions}


def find_regions(density, size=None, held=0.5, most=5):
    """The parts of the smallest area that holds half of the density, as boxes.

    Args:
        density: `[h, w]`, sums to 1.
        size: (height, width) of the photo, in whose pixels the boxes are; None: the density's.
        held: share of the density in that area.
        most: regions to list.

    Returns:
        A list of dicts as `describe_box` makes them, with the share of the part itself, the
        highest first.
    """
    size = size or density.shape
    scale = min(1.0, _GRID / max(density.shape))
    cells = [max(1, round(side * scale)) for side in density.shape]
    coarse = cv2.resize(density, cells[::-1], interpolation=cv2.INTER_AREA).reshape(cells)
    ordered = np.sort(coarse, axis=None)[::-1]
    sums = np.cumsum(ordered, dtype=np.float64)
    level = ordered[min(np.searchsorted(sums, held * sums[-1]), len(sums) - 1)]
    inside = (coarse >= level).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
    shares = np.bincount(labels.ravel(), coarse.ravel(), count) / sums[-1]
    regions = []
    for label in np.argsort(-shares[1:], kind="stable")[:most] + 1:
        left, top, width, height = boxes[label][:4]
        edges = ((left, 1), (top, 0), (left + width, 1), (top + height, 0))
        box = [round(edge * size[axis] / cells[axis]) for edge, axis in edges]
        regions.append({**describe_box(box, size), "share": round(float(shares[label]), 5)})
    return regions


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


def share(density, box, size=None):
    """The part of the density inside (left, top, right, bottom), 0..1.

    Args:
        density: `[h, w]`, sums to 1.
        box: right and bottom exclusive; what lies outside the photo counts nothing.
        size: (height, width) of the photo, in whose pixels the box is; None: the density's.

    Raises:
        ValueError: the box is empty or does not meet the image.
    """
    left, top, right, bottom = box
    height, width = size or density.shape
    if right <= left or bottom <= top or min(right, bottom) <= 0 or left >= width or top >= height:
        raise ValueError(
            f"A box is left, top, right, bottom within the image of {width}x{height}. "
            f"Received: {tuple(box)}"
        )
    if density.shape != (height, width):
        return _share_of_parts(density, box, (height, width))
    inside = density[max(0, top) : bottom, max(0, left) : right]
    return float(inside.sum(dtype=np.float64))


def _share_of_parts(density, box, size):
    """`share` of a box whose edges fall between the density's cells."""
    weights = []
    for low, high, side, cells in zip(
        box[:2], box[2:], size[::-1], density.shape[::-1], strict=True
    ):
        edges = np.arange(cells + 1) * (side / cells)
        inside = np.clip(edges, max(0, low), min(side, high))
        weights.append(np.diff(inside) * (cells / side))
    return float(weights[1] @ density.astype(np.float64) @ weights[0])


def _thirds(density):
    """Boxes of a 3x3 grid, row by row; in an image of under 3 pixels cells share a pixel."""
    (ys, ye), (xs, xe) = (_cells(side) for side in density.shape)
    return [[(xs[i], ys[j], xe[i], ye[j]) for i in range(3)] for j in range(3)]


def _cells(side):
    edges = [round(side * i / 3) for i in range(4)]
    starts = [min(start, side - 1) for start in edges[:3]]
    return starts, [max(end, start + 1) for start, end in zip(starts, edges[1:], strict=True)]
