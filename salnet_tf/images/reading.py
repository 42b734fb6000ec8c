"""Whatever holds a photo (a path, bytes, an open file, a PIL image, an array) -> its pixels."""

import os
import re

import numpy as np

from salnet_tf.images import decode

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://")


def read_image(image):
    """The pixels of a photo.

    Args:
        image: a path, an image file's bytes, a file opened for reading bytes, a PIL image (turned
            as its EXIF tag says), or an array: `[H, W, 3]` RGB, `[H, W, 4]` RGBA, `[H, W]` or
            `[H, W, 1]` grey, uint8 0..255 or float 0..1. What is transparent lies over white.

    Returns:
        `[H, W, 3]` uint8 RGB.

    Raises:
        ValueError: it cannot be decoded, is an array of another kind, or none of these.
        OSError: the file cannot be read.
    """
    if isinstance(image, (str, os.PathLike)):
        return _from_path(os.fspath(image))
    if isinstance(image, (bytes, bytearray, memoryview)):
        return decode.decode_photo(bytes(image))
    if hasattr(image, "read") and not hasattr(image, "__array__"):
        return _from_file(image)
    if type(image).__module__.startswith("PIL.") and hasattr(image, "mode"):
        return _from_pil(image)
    if hasattr(image, "__array__"):
        return _from_array(np.asarray(image))
    raise ValueError(
        "An image is a path, a file's bytes, an open file, a PIL image, or an array. "
        f"Received: {type(image).__name__}"
    )


def check_no_url(path):
    """Refuse an address of the web or of a store.

    Raises:
        ValueError: it is one; how to read it.
    """
    if _URL.match(str(path)):
        raise ValueError(
            "Addresses are not opened. Fetch the photo first: in Python, "
            "predict(urllib.request.urlopen(ADDRESS).read()); on a command line, "
            f"curl -sL ADDRESS | salnet-predict - . Received: {path!r}"
        )


def _from_path(path):
    check_no_url(path)
    with open(path, "rb") as file:
        data = file.read()
    try:
        return decode.decode_photo(data)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _from_file(file):
    data = file.read()
    if not isinstance(data, bytes):
        raise ValueError(
            "An open file must give bytes; open it with mode 'rb'. "
            f"Received: one that gives {type(data).__name__}"
        )
    return decode.decode_photo(data)


def _from_pil(image):
    from PIL import ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        return _from_array(values if image.mode == "F" else (values >> 8).astype(np.uint8))
    transparent = image.mode in ("LA", "PA", "La", "RGBa", "RGBA") or "transparency" in image.info
    return _from_array(np.asarray(image.convert("RGBA" if transparent else "RGB")))


def _from_array(image):
    if image.size == 0 or (image.dtype != np.uint8 and image.dtype.kind != "f"):
        raise ValueError(
            "An image array must be uint8, 0..255, or float, 0..1, and not empty. "
            f"Received: {image.dtype} {image.shape}"
        )
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.ndim not in (2, 3) or channels not in (1, 3, 4):
        raise ValueError(
            "An image array must be [H, W, 3], [H, W, 4] or [H, W]. "
            f"Received: {image.dtype} {image.shape}"
        )
    decode.check_pixels(*image.shape[:2])
    if image.dtype.kind == "f":
        image = _as_bytes(image)
    if channels == 4:
        return decode.over_white(image)
    return np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2) if channels == 1 else image


def _as_bytes(image):
    """Float 0..1 -> uint8."""
    low, high = float(image.min()), float(image.max())
    if not (low >= 0 and high <= 1):
        raise ValueError(
            "A float image array must be 0..1; give 0..255 as uint8. "
            f"Received: values of {low:g} to {high:g}"
        )
    return np.rint(image * 255).astype(np.uint8)
