"""A photo's bytes -> the pixels a person sees, with OpenCV alone (no TensorFlow)."""

import zlib

import cv2
import numpy as np

from salnet_tf.images import headers

# OpenCV's own limit is 2^30 pixels; 2^27 keeps one photo (float32 RGB) under 1.6 GB.
MAX_PIXELS = 2**27
# How the names of files end that `decode_photo` reads.
EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
_JPEG = b"\xff\xd8"  # has no alpha
_PHOTOMETRIC, _EXTRA, _CIELAB = 262, 338, 8  # of TIFF


def spread(names, count):
    """Up to `count` of a list, evenly over all of it."""
    chosen = np.linspace(0, len(names) - 1, min(count, len(names))).round()
    return [names[int(i)] for i in chosen]


def digest(data):
    """A number that tells a photo's file from another of the same name, 0..2^32 - 1."""
    return zlib.crc32(data)


def decode_photo(data):
    """Decode JPEG, PNG, WebP, BMP or TIFF bytes to RGB as a person sees it.

    EXIF rotation is applied, CMYK and 16-bit are converted, grey becomes three equal channels,
    alpha is laid over white. A TIFF may be RGB, RGBA or grey.

    Args:
        data: the file's bytes.

    Returns:
        `[H, W, 3]` uint8, RGB.

    Raises:
        ValueError: the bytes are empty, not an image, one of over `MAX_PIXELS` pixels, or a TIFF
            of colours that OpenCV reads as others.
    """
    if not data:
        raise ValueError("The image file is empty (0 bytes).")
    tags = headers.tiff_tags(data)
    if tags.get(_PHOTOMETRIC) == _CIELAB or (tags.get(_PHOTOMETRIC, 2) < 2 and _EXTRA in tags):
        raise ValueError("A TIFF may be RGB, RGBA or grey. Received: CIELAB, or grey with alpha")
    buffer = np.frombuffer(data, np.uint8)
    try:
        image = cv2.imdecode(buffer, cv2.IMREAD_COLOR)
        raw = None if data[:2] == _JPEG else cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        reason = f"over {MAX_PIXELS} pixels" if "MAX_IMAGE" in error.err else error.err
        raise ValueError(f"The image cannot be decoded: {reason}") from error
    if image is None:
        raise ValueError(
            "The image cannot be decoded: damaged, or not JPEG, PNG, WebP, BMP, TIFF of 8 or 16 "
            f"bits. Received: {len(data)} bytes"
        )
    if image.shape[0] * image.shape[1] > MAX_PIXELS:
        raise ValueError(
            f"An image may have at most {MAX_PIXELS} pixels. "
            f"Received: {image.shape[1]}x{image.shape[0]}"
        )
    if raw is not None and raw.ndim == 3 and raw.shape[2] == 4:
        flat = cv2.imdecode(buffer, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
        told = 1 if tags else headers.orientation(data)  # OpenCV turns TIFF whatever it is asked
        alpha = _turned_alike(raw[..., 3:], flat, image, told).astype(np.float32)
        alpha /= np.iinfo(raw.dtype).max
        # libtiff multiplies 8-bit colours by their alpha if the file says that they are not yet.
        done = tags.get(_EXTRA) in (1, 2) and raw.dtype == np.uint8
        image = np.rint(image * (1 if done else alpha) + 255 * (1 - alpha))
        image = np.clip(image, 0, 255).astype(np.uint8)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _turned_alike(alpha, flat, shown, told):
    """Turn `alpha` as `flat`, the file's own pixels, was turned into `shown`.

    Args:
        alpha: `[H, W, 1]`.
        flat, shown: `[H, W, 3]`.
        told: EXIF orientation (1..8), right where the pixels allow several.
    """
    for orientation in (told, *range(1, 9)):
        if np.array_equal(_turned(flat, orientation), shown):
            return _turned(alpha, orientation)
    return alpha


def _turned(image, orientation):
    """Pixels as stored -> as an EXIF orientation shows them."""
    image = image.swapaxes(0, 1) if orientation in (5, 6, 7, 8) else image
    image = image[::-1] if orientation in (3, 4, 7, 8) else image
    return image[:, ::-1] if orientation in (2, 3, 6, 7) else image
