"""A pop-out display: a field of alike items on a textured ground, and one that differs."""

import dataclasses

import cv2
import numpy as np

SIZES = ((120, 160), (144, 192), (160, 120), (144, 144))  # (height, width)
_DIFFERENCES = ("colour", "orientation", "size", "shape")


@dataclasses.dataclass(frozen=True)
class Display:
    """A drawn display.

    Attributes:
        png: the image, encoded.
        size: (height, width).
        items: `[n, 2]` centres (x, y) in pixels.
        target: index of the item that differs.
    """

    png: bytes
    size: tuple[int, int]
    items: np.ndarray
    target: int


@dataclasses.dataclass(frozen=True)
class _Item:
    colour: np.ndarray
    angle: float
    length: float
    shape: str


def draw(seed):
    """Draw one display.

    Args:
        seed: anything `numpy.random.default_rng` takes; the same seed draws the same display.

    Returns:
        A `Display`.
    """
    random = np.random.default_rng(seed)
    height, width = size = SIZES[random.integers(len(SIZES))]
    tint = random.uniform(90, 170, 3)
    image = tint + _texture(random, size)
    items = _grid(random, size)
    target = int(random.integers(len(items)))
    common = _Item(
        colour=tint + random.choice([-1, 1], 3) * random.uniform(50, 85, 3),
        angle=random.uniform(0, np.pi),
        length=random.uniform(5, 8),
        shape=random.choice(["bar", "disc"]),
    )
    odd = _differing(random, common)
    for index, centre in enumerate(items):
        _paint(image, centre, odd if index == target else common)
    png = cv2.imencode(".png", np.clip(image, 0, 255).astype(np.uint8))[1].tobytes()
    return Display(png, (height, width), items, target)


def _texture(random, size):
    """A slope of light and coarse noise around 0, `[H, W, 3]`."""
    height, width = size
    coarse = random.normal(0, 8, (height // 16 + 1, width // 16 + 1, 3)).astype(np.float32)
    noise = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    slope = np.linspace(-1, 1, width)[None, :, None] * random.uniform(-25, 25)
    return slope + noise


def _grid(random, size):
    """Jittered centres of a grid of cells of about 32 pixels."""
    height, width = size
    rows, columns = height // 32, width // 32
    y, x = np.mgrid[0:rows, 0:columns] + 0.5
    cells = np.stack([x.ravel() * width / columns, y.ravel() * height / rows], axis=-1)
    return cells + random.uniform(-5, 5, cells.shape)


def _differing(random, common):
    difference = random.choice(_DIFFERENCES)
    if difference == "orientation":
        turn = random.uniform(np.pi / 4, 3 * np.pi / 4)
        return dataclasses.replace(common, shape="bar", angle=common.angle + turn)
    if difference == "size":
        return dataclasses.replace(common, length=common.length * 1.8)
    if difference == "shape":
        return dataclasses.replace(common, shape="disc" if common.shape == "bar" else "bar")
    return dataclasses.replace(common, colour=(common.colour + 128) % 256)


def _paint(image, centre, item):
    direction = np.array([np.cos(item.angle), np.sin(item.angle)]) * item.length
    if item.shape == "disc":
        point = tuple(int(v) for v in centre)
        cv2.circle(image, point, round(item.length * 0.8), item.colour.tolist(), -1, cv2.LINE_8)
        return
    ends = [tuple(int(v) for v in centre + sign * direction) for sign in (-1, 1)]
    cv2.line(image, *ends, item.colour.tolist(), max(2, round(item.length / 2)), cv2.LINE_8)
