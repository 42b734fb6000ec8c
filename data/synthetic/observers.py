"""Seeded observers of a display: they start near the centre, find the odd item, then wander."""

import numpy as np

OBSERVERS = 8
FIXATIONS = 6
_TARGET, _ITEM = 0.55, 0.25  # chances of the next look; the rest is centre bias


def look(display, seed):
    """The fixations of all observers on one display.

    Args:
        display: a `display.Display`.
        seed: anything `numpy.random.default_rng` takes.

    Returns:
        x, y, observer, order, duration: arrays `[OBSERVERS * FIXATIONS]`; x and y in pixels,
        strictly inside the image, duration in milliseconds.
    """
    random = np.random.default_rng(seed)
    height, width = display.size
    shape = (OBSERVERS, FIXATIONS)
    aim = random.uniform(size=shape)
    aim[:, 0] = 1.0  # the first fixation is the centre's
    size = np.array([width, height])
    xy = size / 2 + random.normal(size=(*shape, 2)) * size * 0.16
    items = display.items[random.integers(len(display.items), size=shape)]
    xy = np.where((aim < _TARGET + _ITEM)[..., None], items, xy)
    xy = np.where((aim < _TARGET)[..., None], display.items[display.target], xy)
    xy += random.normal(0, 2.5, xy.shape)
    xy = np.clip(xy, 0.5, size - 0.5).reshape(-1, 2)
    observer, order = np.indices(shape).reshape(2, -1)
    return xy[:, 0], xy[:, 1], observer, order, random.gamma(8, 32, len(xy))
