"""The cases that Python and JavaScript must agree on: `python tests/demo/golden.py` writes them."""

import json
import pathlib

import numpy as np

from salnet_tf.images import crop, geometry, summary

FILE = pathlib.Path(__file__).parent / "golden.json"
CANVAS = (240, 320)
SIZES = [(480, 640), (640, 480), (1, 1), (1, 900), (2000, 3), (239, 321), (333, 1000), (45, 45)]
RESIZES = [  # (height, width) of the image and of the result
    ((12, 16), (6, 8)),
    ((13, 17), (5, 7)),
    ((5, 4), (9, 7)),
    ((1, 1), (3, 3)),
    ((7, 1), (7, 1)),
    ((40, 3), (9, 1)),
]
PLACED = [(12, 15), (40, 20), (3, 50), (1, 1), (30, 31)]  # images on a canvas of 8x10
ASPECTS = (1.0, 16 / 9, 9 / 16, 0.8, 5.0, 0.01)
DENSITIES = [(9, 16), (16, 9), (5, 5), (1, 7), (8, 1), (1, 1)]


def cases():
    """What Python says, as a dict for json; lists of floats are flat, row by row."""
    rng = np.random.default_rng(7)
    return {
        "round": [[x, round(x)] for x in (0.5, 1.5, 2.5, 2.4999, 2.51, 7.0)],
        "place": [_placed(size) for size in SIZES],
        "resize": [_resized(*sizes, rng) for sizes in RESIZES],
        "density": [_density(size, rng) for size in PLACED],
        "crop": [_crops(size, rng) for size in DENSITIES] + [_flat(), _tied()],
    }


def _placed(size):
    p = geometry.place(size, CANVAS)
    return {"image": size, "canvas": CANVAS, "placed": [p.height, p.width, p.top, p.left]}


def _resized(size, target, rng):
    image = rng.integers(0, 256, (*size, 3))
    resized = geometry.resize_image(image.astype(np.float32), target)
    return {"size": size, "image": _flat_list(image), "target": target, "resized": _floats(resized)}


def _density(size, rng):
    logits = rng.normal(0, 3, (8, 10)).astype(np.float32)
    density = geometry.canvas_to_density(logits, geometry.place(size, (8, 10)))
    return {"image": size, "logits": _floats(logits), "density": _floats(density)}


def _crops(size, rng):
    density = rng.gamma(0.5, size=size)
    return _all_crops(density / density.sum())


def _flat():
    return _all_crops(np.full((6, 11), 1 / 66))


def _tied():
    density = np.zeros((4, 12))
    density[:, [1, 10]] = 1 / 8
    return _all_crops(density)


def _all_crops(density):
    density = density.astype(np.float32)
    windows = [crop.smart_crop(density, aspect) for aspect in ASPECTS]
    windows = [[int(side) for side in window] for window in windows]
    return {
        "size": density.shape,
        "density": _floats(density),
        "aspects": ASPECTS,
        "windows": windows,
        "regions": [
            [*(region[side] for side in ("left", "top", "right", "bottom")), region["share"]]
            for region in summary.find_regions(density)
        ],
    }


def _flat_list(array):
    return array.ravel().tolist()


def _floats(array):
    return [float(f"{value:.8g}") for value in array.ravel()]


if __name__ == "__main__":
    FILE.write_text(json.dumps(cases()) + "\n")
