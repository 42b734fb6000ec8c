"""Every kind of photo is stored so that TensorFlow alone decodes what a person sees."""

import io

import cv2
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data import stored_image
from salnet_tf.pipeline import photo


def _scene(height=24, width=40):
    """Smooth colours, so that JPEG keeps them, and no symmetry, so that every turn shows."""
    y, x = np.mgrid[0:height, 0:width]
    red, green = 255 * x / width, 255 * y / height
    return np.stack([red, green, 0 * red + 60], axis=-1).astype(np.uint8)


def _file(image, format_, mode="RGB", **options):
    file = io.BytesIO()
    Image.fromarray(image).convert(mode).save(file, format_, **options)
    return file.getvalue()


def _turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return _file(_scene(), "JPEG", exif=exif, quality=95)


def _png16():
    return cv2.imencode(".png", _scene()[..., ::-1].astype(np.uint16) * 257)[1].tobytes()


def _with_alpha():
    image = np.dstack([_scene(), np.full((24, 40), 255, np.uint8)])
    image[:12, :, 3] = 0
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def _decoded(data):
    return tf.io.decode_image(data, channels=3, expand_animations=False).numpy()


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_plain_files_stay_byte_for_byte(format_, mode):
    data = _file(_scene(), format_, mode)
    assert stored_image.store(data) == stored_image.StoredImage(data, 24, 40)


@pytest.mark.parametrize(
    "data",
    [
        *(_turned(orientation) for orientation in range(2, 9)),
        _file(_scene(), "JPEG", "CMYK", quality=95),
        _file(_scene(), "PNG", "P"),
        _file(_scene(), "PNG", "1"),
        _file(_scene(), "BMP"),
        _file(_scene(), "WEBP", lossless=True),
        _file(_scene(), "TIFF"),
        _png16(),
        _with_alpha(),
    ],
    ids=[f"exif{o}" for o in range(2, 9)]
    + ["cmyk", "palette", "bits", "bmp", "webp", "tiff", "16-bit", "alpha"],
)
def test_other_files_are_stored_as_what_a_viewer_and_the_predictor_show(data):
    stored = stored_image.store(data)
    assert stored.data[:4] == b"\x89PNG"
    image = _decoded(stored.data)
    assert image.shape == (stored.height, stored.width, 3)
    np.testing.assert_array_equal(image, photo.decode_photo(data))


def test_alpha_is_laid_over_white():
    image = _decoded(stored_image.store(_with_alpha()).data)
    assert image[:12].min() == 255
    np.testing.assert_array_equal(image[12:], _scene()[12:])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_points_turn_with_their_pixels(orientation):
    image = np.zeros((5, 9), np.uint8)
    image[1, 7] = 255
    turned = stored_image.upright(image, orientation)
    x, y = stored_image.upright_points([[7.25, 1.5]], turned.shape, orientation)[0]
    assert turned[int(y), int(x)] == 255


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "0 bytes"),
        (b"not an image", "not an image"),
        (_file(_scene(200, 300), "JPEG")[:-300], "truncated"),
        (_file(_scene(200, 300), "PNG")[:-300], "truncated"),
    ],
    ids=["empty", "text", "cut jpeg", "cut png"],
)
def test_damaged_files_are_refused(data, message):
    with pytest.raises(ValueError, match=message):
        stored_image.store(data)
