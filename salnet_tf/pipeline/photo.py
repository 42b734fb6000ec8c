"""A photo's bytes -> the pixels a person sees, with OpenCV alone (no TensorFlow)."""

import cv2
import numpy as np

# OpenCV's own limit is 2^30 pixels; 2^27 keeps one photo (float32 RGB) under 1.6 GB.
MAX_PIXELS = 2**27


def decode_photo(data):
    """Decode JPEG, PNG, WebP, BMP or TIFF bytes to RGB as a person sees it.

    EXIF rotation is applied, CMYK and 16-bit are converted, grey becomes three equal channels,
    alpha is laid over white.

    Args:
        data: the file's bytes.

    Returns:
        `[H, W, 3]` uint8, RGB.

    Raises:
        ValueError: the bytes are empty, not an image, or one of over `MAX_PIXELS` pixels.
    """
    if not data:
        raise ValueError("The image file is empty (0 bytes).")
    buffer = np.frombuffer(data, np.uint8)
    try:
        image = cv2.imdecode(buffer, cv2.IMREAD_COLOR)
        raw = cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED) if data[:4] == b"\x89PNG" else None
    except cv2.error as error:
        reason = f"over {MAX_PIXELS} pixels" if "MAX_IMAGE" in error.err else error.err
        raise ValueError(f"The image cannot be decoded: {reason}") from error
    if image is None:
        raise ValueError(
            "The image cannot be decoded: damaged, or not JPEG, PNG, WebP, BMP, TIFF. "
            f"Received: {len(data)} bytes"
        )
    if image.shape[0] * image.shape[1] > MAX_PIXELS:
        raise ValueError(
            f"An image may have at most {MAX_PIXELS} pixels. "
            f"Received: {image.shape[1]}x{image.shape[0]}"
        )
    if raw is not None and raw.ndim == 3 and raw.shape[2] == 4:
        alpha = raw[..., 3:].astype(np.float32) / np.iinfo(raw.dtype).max
        image = np.rint(image * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
