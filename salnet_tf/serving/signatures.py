"""What a SavedModel answers to: three signatures over one network, image geometry in the graph."""

import tensorflow as tf

from salnet_tf.images import geometry
from salnet_tf.pipeline import canvas as canvas_lib

# What TensorFlow decodes besides, as films or in other colours: the first bytes -> its name.
_REFUSED = {b"RIFF": "WebP", b"BM": "BMP", b"GIF8": "GIF"}


class Signatures(tf.Module):
    """The endpoints of an export; each takes a batch.

    - `serving_default`: JPEG or PNG strings of any sizes -> heat maps as PNG, and sizes. What is
      transparent lies over white; EXIF is not read, the client sends photos upright.
    - `image_tensor`: images of one size -> densities at that size.
    - `float_tensor`: canvases -> logits, the bare network.

    Args:
        model: canvas `[batch, height, width, 3]` float RGB 0..255 -> logits `[..., 1]`.
        image_size: (height, width) of its canvas.
    """

    def __init__(self, model, image_size):
        super().__init__()
        self.model = model
        self.image_size = tuple(image_size)

    def endpoints(self):
        """Name -> (function, input specs), the default one first."""
        canvas = tf.TensorSpec((None, *self.image_size, 3), tf.float32, name="image")
        image = tf.TensorSpec((None, None, None, 3), tf.uint8, name="image")
        data = tf.TensorSpec((None,), tf.string, name="image_bytes")
        return {
            "serving_default": (self.image_bytes, [data]),
            "image_tensor": (self.image_tensor, [image]),
            "float_tensor": (self.float_tensor, [canvas]),
        }

    def float_tensor(self, image):
        """`[batch, height, width, 3]` float32 RGB 0..255 -> logits, the same size."""
        return {"logits": self.model(image, training=False)}

    def image_tensor(self, image):
        """`[batch, H, W, 3]` uint8 RGB -> density `[batch, H, W]`, each sums to 1."""
        placement = _place(tf.shape(image)[1], tf.shape(image)[2], self.image_size)
        canvases = tf.map_fn(
            lambda one: self._canvas(one, placement), image, fn_output_signature=self._canvas_spec
        )
        logits = self.model(canvases, training=False)
        return {"density": _density(logits, placement)}

    def image_bytes(self, image_bytes):
        """JPEG or PNG strings `[batch]` -> heat maps (PNG, each scaled to its peak) and sizes."""
        canvases, sizes = tf.map_fn(
            self._read,
            image_bytes,
            fn_output_signature=(self._canvas_spec, tf.TensorSpec((2,), tf.int32)),
        )
        logits = self.model(canvases, training=False)
        maps = tf.map_fn(
            self._encode, (logits, sizes), fn_output_signature=tf.TensorSpec((), tf.string)
        )
        return {"saliency_png_bytes": maps, "height": sizes[:, 0], "width": sizes[:, 1]}

    @property
    def _canvas_spec(self):
        return tf.TensorSpec((*self.image_size, 3), tf.float32)

    def _canvas(self, image, placement):
        canvas = canvas_lib.to_canvas(image, placement)
        return tf.ensure_shape(canvas, self._canvas_spec.shape)

    def _read(self, data):
        image = _decode(data)
        size = tf.shape(image)[:2]
        return self._canvas(image, _place(size[0], size[1], self.image_size)), size

    def _encode(self, logits_and_size):
        logits, size = logits_and_size
        density = _density(logits[None], _place(size[0], size[1], self.image_size))[0]
        peak = tf.reduce_max(density)
        return tf.io.encode_png(tf.cast(tf.round(density / peak * 255), tf.uint8)[..., None])


def _decode(data):
    """JPEG or PNG -> `[H, W, 3]` uint8, `decode.decode_photo`'s twin but for EXIF and CMYK."""
    start = tf.strings.substr(data, 0, 4)
    other = [
        tf.debugging.Assert(
            tf.strings.substr(start, 0, len(mark)) != mark,
            [f"image_bytes must be JPEG or PNG. Received: {name}"],
        )
        for mark, name in _REFUSED.items()
    ]
    with tf.control_dependencies(other):
        return tf.cond(start == b"\x89PNG", lambda: _png(data), lambda: canvas_lib.decode(data))


def _png(data):
    """PNG -> `[H, W, 3]` uint8, what is transparent over white."""
    image = tf.ensure_shape(tf.io.decode_png(data, channels=4), (None, None, 4))
    colours, share = tf.cast(image[..., :3], tf.float32), tf.cast(image[..., 3:], tf.float32) / 255
    return tf.cast(tf.round(colours * share + 255 * (1 - share)), tf.uint8)


def _place(image_height, image_width, canvas_size):
    """`geometry.place` in the graph: the same arithmetic, in float64, on tensors."""
    canvas_height, canvas_width = canvas_size
    tall, wide = tf.cast(image_height, tf.float64), tf.cast(image_width, tf.float64)
    scale = tf.minimum(canvas_height / tall, canvas_width / wide)
    height = tf.clip_by_value(tf.cast(tf.round(tall * scale), tf.int32), 1, canvas_height)
    width = tf.clip_by_value(tf.cast(tf.round(wide * scale), tf.int32), 1, canvas_width)
    top, left = (canvas_height - height) // 2, (canvas_width - width) // 2
    return geometry.Placement(
        image_height, image_width, canvas_height, canvas_width, height, width, top, left
    )


def _density(logits, placement):
    """Logits `[batch, h, w, 1]` -> density `[batch, H, W]`; `geometry.canvas_to_density`'s twin."""
    crop = tf.image.crop_to_bounding_box(
        logits, placement.top, placement.left, placement.height, placement.width
    )
    size = tf.stack([placement.image_height, placement.image_width])
    own = tf.image.resize(crop, size, method="bilinear")[..., 0]
    flat = tf.nn.softmax(tf.reshape(own, [tf.shape(own)[0], -1]))
    return tf.reshape(flat, tf.shape(own))
