"""An image file's bytes -> bytes that TensorFlow alone decodes to what a person sees.

A plain upright 8-bit RGB or grey JPEG or PNG stays byte for byte. Anything else (turned by EXIF,
CMYK, 16-bit, palette, alpha, other formats) becomes a PNG of what a viewer shows, and the points of
a turned photo can be turned with it.
"""

import dataclasses
import io

import cv2
import numpy as np
import tensorflow as tf
from PIL import Image

from data import quiet

_ORIENTATION_TAG, _EXTRA_SAMPLES = 0x0112, 338
_PNG_BIT_DEPTH = 24  # offset in the file; Pillow hides 16-bit RGB
# OpenCV's own limit is 2^30 pixels; 2^27 keeps one decoded photo under 1.6 GB.
MAX_PIXELS = 2**27


@dataclasses.dataclass(frozen=True)
class StoredImage:
    """The stored bytes, their pixel size, and the EXIF orientation (1..8) undone in them."""

    data: bytes
    height: int
    width: int
    orientation: int = 1


def store(data):
    """Make an image file's bytes fit to be stored.

    Args:
        data: the file's bytes.

    Returns:
        A `StoredImage`.

    Raises:
        ValueError: the bytes are empty, no image, truncated, or one of over `MAX_PIXELS` pixels.
    """
    if not data:
        raise ValueError("the file is empty (0 bytes)")
    try:
        with Image.open(io.BytesIO(data)) as header:
            width, height = header.size
            orientation = header.getexif().get(_ORIENTATION_TAG, 1)
            plain = _is_plain(header, data)
            turns_itself = header.format == "TIFF"  # OpenCV turns these whatever it is told
            tags = getattr(header, "tag_v2", {})
            # libtiff multiplies 8-bit colours by their alpha if the file says that they are not.
            multiplied = tuple(tags.get(_EXTRA_SAMPLES, ()))[:1] in ((1,), (2,))
            if header.format == "TIFF" and header.mode in ("LAB", "LA"):
                raise ValueError(f"a TIFF of colours that OpenCV reads as others: {header.mode}")
    except Image.UnidentifiedImageError as error:
        raise ValueError("not an image of a known format") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"not an image that can be read: {error}") from error
    if width * height > MAX_PIXELS:
        raise ValueError(f"over {MAX_PIXELS} pixels: {width}x{height}")
    orientation = orientation if orientation in range(1, 9) else 1
    if plain and orientation == 1:
        _decode_plain(data)
        return StoredImage(data, height, width)
    image = _decode_any(data, multiplied)
    image = image if turns_itself else upright(image, orientation)
    png = cv2.imencode(".png", image)[1].tobytes()
    return StoredImage(png, *image.shape[:2], orientation)


def upright(image, orientation):
    """Turn pixels `[H, W, ...]` as stored in a file to what its EXIF orientation (1..8) shows."""
    if orientation in (5, 6, 7, 8):
        image = image.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    return np.ascontiguousarray(image)


def upright_points(xy, size, orientation):
    """Turn points as `upright` turns pixels.

    Args:
        xy: `[n, 2]`, x and y in pixels of the image as stored in the file.
        size: (height, width) of the upright image.
        orientation: EXIF orientation, 1..8.

    Returns:
        `[n, 2]` in pixels of the upright image.
    """
    x, y = np.asarray(xy, np.float64).reshape(-1, 2).T
    height, width = size
    if orientation in (5, 6, 7, 8):
        x, y = y, x
    if orientation in (3, 4, 7, 8):
        y = height - y
    if orientation in (2, 3, 6, 7):
        x = width - x
    return np.stack([x, y], axis=-1)


def _is_plain(header, data):
    """Whether TensorFlow decodes the file to the same pixels as a viewer, orientation aside."""
    if header.mode not in ("RGB", "L") or "transparency" in header.info:
        return False
    if header.format == "PNG":
        return data[_PNG_BIT_DEPTH] == 8
    return header.format in ("JPEG", "MPO")


def _decode_plain(data):
    """Raise unless TensorFlow, which trains on it, decodes all of the file."""
    try:
        with quiet.silent_stderr():  # the reason is in the error
            tf.io.decode_image(data, channels=3, expand_animations=False)
    except tf.errors.InvalidArgumentError as error:
        raise ValueError("truncated or damaged image data") from error


def _decode_any(data, multiplied):
    """Decode what OpenCV reads to 8-bit BGR, alpha laid over white, orientation not applied.

    `multiplied`: 8-bit colours are decoded times their alpha.
    """
    buffer = np.frombuffer(data, np.uint8)
    try:
        image = cv2.imdecode(buffer, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
        raw = cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise ValueError(f"not an image that can be read: {error.err}") from error
    if image is None:
        raise ValueError("truncated image, or of a format that OpenCV does not read")
    if raw.ndim == 3 and raw.shape[2] == 4:
        alpha = raw[..., 3:].astype(np.float32) / np.iinfo(raw.dtype).max
        done = multiplied and raw.dtype == np.uint8
        image = np.rint(image * (1 if done else alpha) + 255 * (1 - alpha))
        image = np.clip(image, 0, 255).astype(np.uint8)
    return image
