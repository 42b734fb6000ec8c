"""An image file's bytes -> the pixels a person sees: every decision about photos is here.

| file | what becomes of it |
| --- | --- |
| over `MAX_PIXELS` by its header | refused before anything is decoded |
| turned by EXIF (JPEG, PNG, WebP, TIFF) or by AVIF's own marks | turned upright |
| CMYK, 16 bits, palette | 8-bit RGB |
| grey | three equal channels |
| alpha, or a transparent colour (PNG) | laid over white |
| TIFF of CIELAB, or of grey with alpha | refused: OpenCV reads other colours |
| TIFF whose decoder reports damage | refused, as is every file that is cut |
| animated | its first picture; a PNG that hides the first is refused |
"""

import re
import zlib

import cv2
import numpy as np

from salnet_tf import quiet
from salnet_tf.images import headers, heif

# A photo of this size is predicted within 1 GB of memory.
MAX_PIXELS = 120_000_000
_COLOURS = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
_ROWS = 256  # that are laid over white at once
_TIFF_DAMAGE = re.compile(
    r"(Error|WARN)[^\n]*(Decod|Fill(Strip|Tile)|Read error|Corrupt|overrun)", re.IGNORECASE
)


def digest(data):
    """A number that tells a photo's file from another of the same name, 0..2^32 - 1."""
    return zlib.crc32(data)


def check_pixels(height, width):
    """Raise ValueError for an image, a map or an array of over `MAX_PIXELS` pixels."""
    if height * width > MAX_PIXELS:
        raise ValueError(
            f"An image may have at most {MAX_PIXELS} pixels. Received: {width}x{height}"
        )


def read_header(data):
    """The `headers.Header` of an image that `decode_photo` may read.

    Raises:
        ValueError: the bytes are empty, not an image, or of one that is refused by its header.
    """
    if not data:
        raise ValueError("The image file is empty (0 bytes).")
    try:
        header = headers.read(data)
    except ValueError as error:
        raise ValueError(
            f"The image cannot be decoded: {error}. Received: {len(data)} bytes"
        ) from error
    check_pixels(header.height, header.width)
    if header.refused:
        raise ValueError(f"The image cannot be read. Received: {header.refused}")
    return header


def decode_photo(data):
    """Decode an image file's bytes to what a person sees.

    Args:
        data: JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP, GIF, JPEG 2000 or PNM.

    Returns:
        `[H, W, 3]` uint8, RGB.

    Raises:
        ValueError: the bytes are empty, not an image, damaged, or refused by the table above.
    """
    if heif.is_heif(data):
        image = heif.decode(data, check_pixels)
        return over_white(image) if image.shape[2] == 4 else image
    header = read_header(data)
    image = _on_white(data, header) if header.alpha else _decode(data, _COLOURS, header)
    if header.kind != "TIFF":  # OpenCV turns TIFF whatever it is asked
        image = upright(image, header.orientation)
    return cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_BGR2RGB)


def upright(image, orientation):
    """Turn pixels `[H, W, ...]` as stored to what an EXIF orientation (1..8) shows: a view."""
    image = image.swapaxes(0, 1) if orientation in (5, 6, 7, 8) else image
    image = image[::-1] if orientation in (3, 4, 7, 8) else image
    return image[:, ::-1] if orientation in (2, 3, 6, 7) else image


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


def _decode(data, flags, header):
    """Pixels as OpenCV decodes them, BGR; damage raises ValueError."""
    try:
        if header.kind == "TIFF":
            image, said = quiet.overhear(_imdecode_aloud, data, flags)
            damaged = _TIFF_DAMAGE.search(said) is not None
        else:
            image, damaged = cv2.imdecode(np.frombuffer(data, np.uint8), flags), False
    except cv2.error as error:
        raise ValueError(f"The image cannot be decoded: {error.err}") from error
    if image is None or damaged:
        raise ValueError(
            f"The image cannot be decoded: damaged, or a {header.kind} of a rare kind. "
            f"Received: {len(data)} bytes"
        )
    return image


def _on_white(data, header):
    """Pixels of a file that may be transparent, laid over white."""
    stored = _decode(data, cv2.IMREAD_UNCHANGED, header)
    alpha = _alpha(stored, header)
    if alpha is None:
        return _decode(data, _COLOURS, header)
    # libtiff multiplies 8-bit colours only.
    done = header.times_alpha and stored.dtype == np.uint8
    whole = stored.dtype == np.uint8 and stored.ndim == 3 and header.kind != "TIFF"
    colours = stored[..., :3] if whole else _decode(data, _COLOURS, header)
    return np.ascontiguousarray(_lay_over_white(colours, alpha, done))


def _imdecode_aloud(data, flags):
    """`cv2.imdecode`, which tells what libtiff reports on stderr."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_WARNING)
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    finally:
        cv2.utils.logging.setLogLevel(level)


def _alpha(stored, header):
    """`[H, W]` in the numbers of `stored`, the file's own pixels; None for an opaque image."""
    if stored.ndim == 3 and stored.shape[2] == 4:
        return stored[..., 3]
    if header.colour_key is not None and stored.ndim == 2:
        return np.where(stored == header.colour_key, 0, np.iinfo(stored.dtype).max).astype(
            stored.dtype
        )
    return None


def over_white(image):
    """`[H, W, 4]` uint8 RGBA (or BGRA) -> its colours as a viewer on a white page shows them."""
    return _lay_over_white(image[..., :3].copy(), image[..., 3], False)


def _lay_over_white(image, alpha, done):
    """Lay 8-bit colours over white, in place. `done`: they are times their alpha already."""
    for top in range(0, len(image), _ROWS):
        rows = slice(top, top + _ROWS)
        share = alpha[rows, :, None].astype(np.float32) / np.iinfo(alpha.dtype).max
        mixed = np.rint(image[rows] * (1 if done else share) + 255 * (1 - share))
        image[rows] = np.clip(mixed, 0, 255)
    return image
