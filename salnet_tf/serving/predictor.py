"""Photo in, density out: `load` a network, `predict` where people look. No TensorFlow needed."""

import functools
import importlib
import numbers
import os

import numpy as np

from salnet_tf import quiet
from salnet_tf import threads as threads_lib
from salnet_tf.images import crop as crop_lib
from salnet_tf.images import decode, geometry, reading
from salnet_tf.models import catalogue

DEFAULT_MODEL = "salnet_distilled"


class Predictor:
    """Predicts the density of fixations at a photo's own size.

    Args:
        engine: runs the network on a canvas: `image_size` (height, width) and
            `logits(canvas)`, `[height, width, 3]` float32 0..255 -> `[height, width]` float32.
    """

    def __init__(self, engine):
        self.engine = engine

    @property
    def image_size(self):
        """(height, width) in pixels of the canvas that the network sees."""
        return tuple(self.engine.image_size)

    def predict(self, image, size=None, log=False):
        """Where people look.

        Args:
            image: a path, an image file's bytes, an open file, a PIL image, or an array: uint8
                0..255 or float 0..1, RGB, RGBA (over white) or grey; or a list of these; or a
                batch `[n, H, W, 3]`.
            size: (height, width) of the density; None for the image's own.
            log: True gives the natural logarithm of the density.

        Returns:
            `[H, W]` float32 that sums to 1; for a list, a list of them; for a batch, `[n, H, W]`.

        Raises:
            ValueError: the image cannot be decoded, is an array of another kind, or an address.
            OSError: the file cannot be read.
        """
        _check_size(size)
        if isinstance(image, (list, tuple)):
            if any(isinstance(one, (list, tuple)) for one in image):
                raise ValueError("A list must hold images. Received: a list of lists")
            return [self.predict(one, size, log) for one in image]
        if getattr(image, "ndim", 0) == 4:
            if not len(image):
                raise ValueError(f"A batch must hold an image. Received: {image.shape}")
            return np.stack([self.predict(one, size, log) for one in image])
        pixels = reading.read_image(image)
        canvas, placement = geometry.image_to_canvas(pixels, self.image_size)
        return geometry.canvas_to_density(self.engine.logits(canvas), placement, size, log)

    __call__ = predict

    def crop(self, image, shape, enlarge=False):
        """Cut a photo to where people look.

        Args:
            image: as in `predict`, one of them.
            shape: `16:9`, the largest window of this aspect ratio, or `200x200`, that resized to
                so many pixels.
            enlarge: True allows more pixels than the window has.

        Returns:
            A `salnet_tf.images.crop.Crop`: `image`, `[h, w, 3]` uint8 RGB, and `box`, its left,
            top, right and bottom in the photo.

        Raises:
            ValueError: the image cannot be decoded, `shape` is neither, or it would be enlarged.
            OSError: the file cannot be read.
        """
        shape, pixels = crop_lib.parse_shape(shape), reading.read_image(image)
        box = crop_lib.smart_crop(self.predict(pixels), shape.aspect)
        return crop_lib.Crop(crop_lib.cut(pixels, box, shape, enlarge), box)


def crop(image, shape, enlarge=False):
    """`Predictor.crop` of the default network, which is loaded once."""
    return _default().crop(image, shape, enlarge)


@functools.cache
def _default():
    return load()


def load(name_or_path=DEFAULT_MODEL, threads=None):
    """Load a network to predict with.

    Args:
        name_or_path: a preset with shipped weights, a `.tflite` file, a SavedModel folder (or the
            folder of its versions: the latest is taken), a `.keras` file, or a training workdir
            (its best model).
        threads: CPU threads of the engine; None leaves the choice to it (LiteRT: one).

    Returns:
        A `Predictor`.

    Raises:
        ValueError: there is no such model, the file does not hold one, or its engine is not
            installed.
    """
    if threads is not None:
        if not isinstance(threads, numbers.Integral) or not 1 <= threads <= threads_lib.MOST:
            raise ValueError(f"threads must be 1..{threads_lib.MOST}. Received: {threads!r}")
        threads = int(threads)
    if not isinstance(name_or_path, (str, os.PathLike)):
        raise ValueError(f"A model is a name or a path. Received: {name_or_path!r}")
    kind, path = catalogue.find(os.fspath(name_or_path))
    try:
        with quiet.silent_stderr():  # TensorFlow's start-up log, where the engine is TensorFlow's
            engine = importlib.import_module(f"salnet_tf.serving.engines.{kind}")
            return Predictor(engine.Engine(path, threads))
    except ModuleNotFoundError as error:
        raise ValueError(
            f"This model needs {error.name} (pip install 'salnet-tf[train]'); a .tflite file does "
            f"not. Received: {path!r}"
        ) from error


def _check_size(size):
    """Raise ValueError for what is no (height, width)."""
    if size is None:
        return
    sides = tuple(size) if isinstance(size, (list, tuple)) else ()
    whole = len(sides) == 2 and all(isinstance(side, numbers.Integral) for side in sides)
    if not whole or min(sides) < 1 or sides[0] * sides[1] > decode.MAX_PIXELS:
        raise ValueError(
            f"size must be (height, width), of {decode.MAX_PIXELS} pixels at most. "
            f"Received: {size!r}"
        )
