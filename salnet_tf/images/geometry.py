"""Where an image lies on the canvas, and the way back: the one place for resize, pad and crop.

Pixel-centre convention: coordinates are continuous, x right, y down; pixel `i` spans `[i, i + 1)`
and its centre is `i + 0.5`. A fixation at x belongs to pixel `floor(x)`. Resizing an image of width
W to w maps x to `x * w / W`, which is what half-pixel-centre interpolation does to its pixels.
"""

import dataclasses

import cv2
import numpy as np

_LARGE = 2**25  # pixels of an image that is resized channel by channel, to save memory


@dataclasses.dataclass(frozen=True)
class Placement:
    """An image of `(image_height, image_width)` centred on a canvas, its aspect ratio kept.

    `height, width` is the resized image; `top, left` the padding before it, all in whole pixels.
    """

    image_height: int
    image_width: int
    canvas_height: int
    canvas_width: int
    height: int
    width: int
    top: int
    left: int

    @property
    def scale_y(self):
        return self.height / self.image_height

    @property
    def scale_x(self):
        return self.width / self.image_width

    def to_canvas(self, xy):
        """Image coordinates `[n, 2]` (x, y) -> canvas coordinates `[n, 2]`."""
        xy = np.asarray(xy, np.float64).reshape(-1, 2)
        return xy * (self.scale_x, self.scale_y) + (self.left, self.top)

    def to_image(self, xy):
        """Canvas coordinates `[n, 2]` (x, y) -> image coordinates `[n, 2]`."""
        xy = np.asarray(xy, np.float64).reshape(-1, 2)
        return (xy - (self.left, self.top)) / (self.scale_x, self.scale_y)

    def crop(self, canvas):
        """The part of `canvas` (`[canvas_height, canvas_width, ...]`) that the image covers."""
        return canvas[self.top : self.top + self.height, self.left : self.left + self.width]


def place(image_size, canvas_size):
    """Centre an image on a canvas: scaled by one factor, no side ever 0, padding symmetric.

    Args:
        image_size: (height, width) of the image in pixels, each at least 1.
        canvas_size: (height, width) of the canvas in pixels.

    Returns:
        A `Placement`.
    """
    (image_height, image_width), (canvas_height, canvas_width) = image_size, canvas_size
    if min(image_height, image_width, canvas_height, canvas_width) < 1:
        raise ValueError(
            f"An image and its canvas must have sides of at least 1 pixel. Received: image "
            f"{tuple(image_size)}, canvas {tuple(canvas_size)}"
        )
    scale = min(canvas_height / image_height, canvas_width / image_width)
    height = min(canvas_height, max(1, round(image_height * scale)))
    width = min(canvas_width, max(1, round(image_width * scale)))
    top, left = (canvas_height - height) // 2, (canvas_width - width) // 2
    return Placement(
        image_height, image_width, canvas_height, canvas_width, height, width, top, left
    )


def resize_image(image, size):
    """Resize `[H, W, C]` float or uint8 to `(height, width)`, float32: area average when shrinking.

    Enlarging is bilinear with half-pixel centres. `tf.image.resize` with method `area` (shrinking)
    or `bilinear` gives the same numbers; `pipeline.canvas` and the exported graph use it.
    """
    height, width = size
    if (height, width) == image.shape[:2]:
        return np.asarray(image, np.float32)
    if image.ndim == 3 and image.shape[0] * image.shape[1] > _LARGE:
        channels = [resize_image(image[..., i], size) for i in range(image.shape[2])]
        return np.stack(channels, axis=-1)
    shrinks = height <= image.shape[0] and width <= image.shape[1]
    resized = cv2.resize(
        np.asarray(image, np.float32),
        (width, height),
        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
    )
    return resized.reshape(height, width, *image.shape[2:])


def image_to_canvas(image, canvas_size):
    """Resize and pad an image onto a canvas.

    Args:
        image: `[H, W, 3]`, RGB 0..255.
        canvas_size: (height, width).

    Returns:
        canvas: `[height, width, 3]` float32, 0..255, the padding 0.
        placement: the `Placement` that leads back.
    """
    placement = place(image.shape[:2], canvas_size)
    canvas = np.zeros((*canvas_size, image.shape[2]), np.float32)
    placement.crop(canvas)[:] = resize_image(image, (placement.height, placement.width))
    return canvas, placement


def canvas_to_density(logits, placement, size=None, log=False):
    """Canvas logits -> density over the image: crop the padding, resize, softmax.

    Args:
        logits: `[canvas_height, canvas_width]`, log-density up to a constant.
        placement: the `Placement` of the image on this canvas.
        size: (height, width) of the density; None for the image's own.
        log: True gives its natural logarithm.

    Returns:
        `size` float32; the density sums to 1.

    Raises:
        ValueError: the logits are not finite.
    """
    size = tuple(size or (placement.image_height, placement.image_width))
    own = cv2.resize(
        np.ascontiguousarray(placement.crop(logits), np.float32),
        size[::-1],
        interpolation=cv2.INTER_LINEAR,
    )
    own = own.reshape(size)
    peak = own.max()
    if not np.isfinite(peak):
        raise ValueError(f"The logits of a network must be finite. Received: {peak}")
    own -= peak
    density = cv2.exp(own, None if log else own).reshape(own.shape)  # in place: it may be large
    total = cv2.sumElems(density)[0]  # in float64
    if log:
        own -= np.float32(np.log(total))
        return own
    density *= np.float32(1 / total)
    return density
