"""An image file's bytes -> bytes that TensorFlow alone decodes to what a person sees.

A plain upright 8-bit RGB or grey JPEG or PNG stays byte for byte; anything else becomes a PNG of
what `salnet_tf.images.decode` shows.
"""

import dataclasses

import cv2
import tensorflow as tf

from salnet_tf import quiet
from salnet_tf.images import decode


@dataclasses.dataclass(frozen=True)
class PreparedImage:
    """Bytes to store, their pixel size, and the EXIF orientation (1..8) undone in them."""

    data: bytes
    height: int
    width: int
    orientation: int = 1


def from_file(data):
    """A `PreparedImage` of an image file's bytes.

    Raises:
        ValueError: as `decode.decode_photo`.
    """
    header = decode.read_header(data)
    if header.plain:
        _check_for_tensorflow(data)
        return PreparedImage(data, header.height, header.width)
    image = decode.decode_photo(data)
    png = cv2.imencode(".png", image[..., ::-1])[1].tobytes()
    return PreparedImage(png, *image.shape[:2], header.orientation)


def _check_for_tensorflow(data):
    """Raise unless TensorFlow, which trains on it, decodes all of the file."""
    try:
        with quiet.silent_stderr():  # the reason is in the error
            tf.io.decode_image(data, channels=3, expand_animations=False)
    except tf.errors.InvalidArgumentError as error:
        raise ValueError("truncated or damaged image data") from error
