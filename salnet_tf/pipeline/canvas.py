"""Image bytes -> canvas inside TensorFlow, by the placement of `pipeline.geometry`."""

import tensorflow as tf


def decode(data):
    """Stored image bytes (upright 8-bit JPEG or PNG) -> `[H, W, 3]` uint8 RGB."""
    image = tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE")
    image.set_shape([None, None, 3])
    return image


def resize(image, height, width):
    """`[H, W, C]` -> `[height, width, C]` float32; the twin of `geometry.resize_image`."""
    image = tf.cast(image, tf.float32)[None]
    shape = tf.shape(image)
    shrinks = (height <= shape[1]) & (width <= shape[2])
    size = tf.stack([height, width])
    return tf.cond(
        shrinks,
        lambda: tf.image.resize(image, size, method="area"),
        lambda: tf.image.resize(image, size, method="bilinear"),
    )[0]


def to_canvas(image, placement):
    """Lay an image on its canvas, the padding 0.

    Args:
        image: `[H, W, 3]` tensor, 0..255.
        placement: the `geometry.Placement` of this image.

    Returns:
        `[canvas_height, canvas_width, 3]` float32, 0..255.
    """
    box = (placement.top, placement.left, placement.height, placement.width)
    size = (placement.canvas_height, placement.canvas_width)
    return lay(resize(image, placement.height, placement.width), box, size)


def lay(image, box, size):
    """Pad an image that fits its box (top, left, height, width) to a canvas of static `size`."""
    padded = tf.image.pad_to_bounding_box(image, box[0], box[1], *size)
    return tf.ensure_shape(padded, (*size, image.shape[-1]))
