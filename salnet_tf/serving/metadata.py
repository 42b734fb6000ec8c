"""What an exported model is, as a json file beside it: input, output, origin, checksum."""

import hashlib
import importlib.metadata

from salnet_tf import files

_CANVAS = "the image centred, its aspect ratio kept, the padding 0 (salnet_tf.images.geometry)"
_LOGITS = (
    "logits, the log-density up to a constant; for the density: crop the padding, resize to the "
    "image (bilinear, half-pixel centres), softmax over its pixels"
)


def of_network(data, shape, **facts):
    """Metadata of a file of the bare network, `.tflite` or `.onnx`.

    Args:
        data: its bytes.
        shape: (batch, height, width); batch is `batch` where it may be any.
        **facts: name, type, origin, calibration photos.

    Returns:
        A dict for json.
    """
    return {
        **facts,
        "input": {
            "name": "image",
            "shape": [*shape, 3],
            "dtype": "float32",
            "range": [0, 255],
            "channels": "RGB",
            "content": _CANVAS,
        },
        "output": {
            "name": "logits",
            "shape": [*shape, 1],
            "dtype": "float32",
            "meaning": _LOGITS,
        },
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        **_made_by(),
    }


def of_saved_model(image_size, **facts):
    """Metadata of a SavedModel, its signatures in words; a dict for json."""
    return {
        **facts,
        "canvas": {"size": list(image_size), "range": [0, 255], "channels": "RGB"},
        "signatures": {
            "serving_default": {
                "image_bytes": "string [batch], JPEG or PNG, any sizes; what is transparent lies "
                "over white; EXIF orientation is not read, send photos upright (as "
                "salnet_tf.serving.client does)",
                "saliency_png_bytes": "string [batch], 8-bit grey PNG at the image's own size, "
                "255 at the peak",
                "height": "int32 [batch]",
                "width": "int32 [batch]",
            },
            "image_tensor": {
                "image": "uint8 [batch, H, W, 3] RGB, any size, one in a batch",
                "density": "float32 [batch, H, W], each sums to 1",
            },
            "float_tensor": {"image": f"float32 RGB, {_CANVAS}", "logits": _LOGITS},
        },
        **_made_by(),
    }


def file_sha256(path):
    """The checksum of a file, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _made_by():
    packages = ("salnet-tf", "tensorflow-cpu", "tensorflow", "keras")
    found = {
        d.metadata["Name"].lower().replace("_", "-"): d.version
        for d in importlib.metadata.distributions()
    }
    return {
        "git_revision": files.git_revision(),
        "packages": {name: found[name] for name in packages if name in found},
    }
