"""Photo in, density out: `load` a network, `predict` where people look. No TensorFlow needed."""

import importlib
import numbers
import os
import re

import numpy as np

from salnet_tf import quiet
from salnet_tf import threads as threads_lib
from salnet_tf.images import decode, geometry
from salnet_tf.models import presets

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

    def predict(self, image):
        """Where people look.

        Args:
            image: `[H, W, 3]` uint8 RGB (or `[H, W]` grey), a path, an image file's bytes, or a
                list of these.

        Returns:
            `[H, W]` float32 that sums to 1, at the image's own size; for a list, a list of them.

        Raises:
            ValueError: the image cannot be decoded, or is an array of another kind.
            OSError: the file cannot be read.
        """
        if isinstance(image, (list, tuple)):
            return [self.predict(one) for one in image]
        canvas, placement = geometry.image_to_canvas(read_image(image), self.image_size)
        return geometry.canvas_to_density(self.engine.logits(canvas), placement)

    __call__ = predict


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
    kind, path = find(os.fspath(name_or_path))
    try:
        with quiet.silent_stderr():  # TensorFlow's start-up log, where the engine is TensorFlow's
            engine = importlib.import_module(f"salnet_tf.serving.engines.{kind}")
            return Predictor(engine.Engine(path, threads))
    except ModuleNotFoundError as error:
        raise ValueError(
            f"This model needs {error.name} (pip install 'salnet-tf[train]'); a .tflite file does "
            f"not. Received: {path!r}"
        ) from error


def find(name_or_path, kind="litert"):
    """The kind of engine (litert, keras, saved_model) and the path behind a name or path.

    Args:
        name_or_path: as in `load`.
        kind: which of a preset's files, litert or keras.

    Raises:
        ValueError: there is no such model, or there are a preset and a folder of this name.
    """
    held = _in_folder(name_or_path) if os.path.isdir(name_or_path) else None
    if name_or_path in presets.PRESETS:
        if held:
            raise ValueError(
                "This names a preset and a folder with a model here; write ./NAME for the folder, "
                f"or leave its parent for the preset. Received: {name_or_path!r}"
            )
        float_type = presets.float_type(name_or_path)
        ending = ".keras" if kind == "keras" else f"_{float_type}.tflite"
        path = os.path.join(presets.WEIGHTS_DIR, name_or_path + ending)
        if not os.path.isfile(path):
            raise ValueError(
                f"Preset {name_or_path!r} has no weights in this installation; give the path of a "
                f"trained model instead. Looked for: {path}"
            )
        return kind, path
    if held:
        return held
    if os.path.isfile(name_or_path):
        kinds = {".tflite": "litert", ".keras": "keras"}
        extension = os.path.splitext(name_or_path)[1]
        if extension in kinds:
            return kinds[extension], name_or_path
    raise ValueError(
        "A model is a preset, a .tflite or .keras file, a SavedModel folder or a training workdir "
        f"with a best.keras. Received: {name_or_path!r}"
    )


def _in_folder(folder):
    """(kind, path) of the model in a training workdir or a SavedModel folder; None without one."""
    best = os.path.join(folder, "best.keras")
    if os.path.isfile(best):
        return "keras", best
    saved_model = _latest_version(folder)
    return ("saved_model", saved_model) if saved_model else None


def _latest_version(folder):
    """The SavedModel in `folder`, itself one or the parent of numbered versions; or None."""
    versions = [name for name in os.listdir(folder) if re.fullmatch(r"\d+", name)]
    for name in ["", *sorted(versions, key=int, reverse=True)]:
        candidate = os.path.join(folder, name)
        if os.path.isfile(os.path.join(candidate, "saved_model.pb")):
            return candidate
    return None


def read_image(image):
    """A path, bytes or array -> `[H, W, 3]` uint8 RGB.

    Raises:
        ValueError: it cannot be decoded, or is an array of another dtype or rank, or none.
        OSError: the file cannot be read.
    """
    if isinstance(image, (str, os.PathLike)):
        with open(image, "rb") as file:
            data = file.read()
        try:
            return decode.decode_photo(data)
        except ValueError as error:
            raise ValueError(f"{os.fspath(image)}: {error}") from error
    if isinstance(image, (bytes, bytearray)):
        return decode.decode_photo(bytes(image))
    if not hasattr(image, "__array__"):
        raise ValueError(  # a PIL image, say, whose array is not upright and has its own colours
            "An image is a path, a file's bytes, or an array [H, W, 3] or [H, W]; of a PIL image, "
            'np.asarray(PIL.ImageOps.exif_transpose(image).convert("RGB")). '
            f"Received: {type(image).__name__}"
        )
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.size == 0:
        raise ValueError(
            "An image array must be uint8, RGB 0..255, and not empty. "
            f"Received: {image.dtype} {image.shape}"
        )
    if image.ndim == 2:
        return np.repeat(image[..., None], 3, axis=2)
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"An image array must be [H, W, 3] or [H, W]. Received: {image.shape}")
    return image
