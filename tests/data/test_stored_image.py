"""Every kind of photo is stored so that TensorFlow alone decodes what a person sees."""

import io

import cv2
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from data import stored_image
from salnet_tf.images import decode


def _scene(height=24, width=40):
    """Smooth colours, so that JPEG keeps them, and no symmetry, so that every turn shows."""
    y, x = np.mgrid[0:height, 0:width]
    red, green = 255 * x / width, 255 * y / height
    return np.stack([red, green, 0 * red + 60], axis=-1).astype(np.uint8)


def _file(image, format_, mode="RGB", **options):
    file = io.BytesIO()
    Image.fromarray(image).convert(mode).save(file, format_, **options)
    return file.getvalue()


_TURNED_IN_THE_FILE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def _turned(orientation, format_="JPEG", mode="RGB", **options):
    """A file that a viewer turns by its EXIF tag, and then shows `_scene()`."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(_scene()).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.fromarray(_alpha()))
    turned, file = image.transpose(_TURNED_IN_THE_FILE[orientation]), io.BytesIO()
    turned.save(file, format_, exif=exif, **options)
    return file.getvalue()


def _alpha():
    """Nothing of the upper half to be seen, half of a strip."""
    alpha = np.full((24, 40), 255, np.uint8)
    alpha[:12], alpha[12:15] = 0, 128
    return alpha


def _png16():
    return cv2.imencode(".png", _scene()[..., ::-1].astype(np.uint16) * 257)[1].tobytes()


def _with_alpha(format_="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(np.dstack([_scene(), _alpha()])).save(file, format_, **options)
    return file.getvalue()


def _decoded(data):
    return tf.io.decode_image(data, channels=3, expand_animations=False).numpy()


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_plain_files_stay_byte_for_byte(format_, mode):
    data = _file(_scene(), format_, mode)
    assert stored_image.store(data) == stored_image.StoredImage(data, 24, 40)


_LOSSLESS = {"lossless": True, "exact": True}
_OTHER_FILES = {
    **{f"exif{o}": _turned(o, quality=95) for o in range(2, 9)},
    **{f"exif{o} png": _turned(o, "PNG") for o in (2, 6)},
    **{f"exif{o} tiff": _turned(o, "TIFF") for o in (2, 6)},
    "exif8 webp": _turned(8, "WEBP", lossless=True),
    "exif7 cmyk": _turned(7, mode="CMYK", quality=95),
    "cmyk": _file(_scene(), "JPEG", "CMYK", quality=95),
    "palette": _file(_scene(), "PNG", "P"),
    "bits": _file(_scene(), "PNG", "1"),
    "bmp": _file(_scene(), "BMP"),
    "webp": _file(_scene(), "WEBP", lossless=True),
    "tiff": _file(_scene(), "TIFF"),
    "16-bit": _png16(),
}
_ALPHA_FILES = {
    "png": _with_alpha(),
    "webp": _with_alpha("WEBP", **_LOSSLESS),
    "tiff": _with_alpha("TIFF"),
    "exif6 png": _turned(6, "PNG", "RGBA"),
    "exif3 webp": _turned(3, "WEBP", "RGBA", **_LOSSLESS),
    "exif8 tiff": _turned(8, "TIFF", "RGBA"),
}


@pytest.mark.parametrize("name", _OTHER_FILES)
def test_other_files_are_stored_as_what_a_viewer_and_the_predictor_show(name):
    data = _OTHER_FILES[name]
    stored = stored_image.store(data)
    assert stored.data[:4] == b"\x89PNG"
    image = _decoded(stored.data)
    assert image.shape == (stored.height, stored.width, 3)
    np.testing.assert_array_equal(image, decode.decode_photo(data))
    viewer = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    assert image.shape == np.shape(viewer)
    assert np.abs(image.astype(float) - viewer).mean() < 2


@pytest.mark.parametrize("name", _ALPHA_FILES)
def test_alpha_is_laid_over_white(name):
    data, scene = _ALPHA_FILES[name], _scene().astype(float)
    image = _decoded(stored_image.store(data).data)
    np.testing.assert_array_equal(image, decode.decode_photo(data))
    assert image[:12].min() == 255
    np.testing.assert_allclose(image[12:15], (128 * scene[12:15] + 127 * 255) / 255, atol=1.5)
    np.testing.assert_array_equal(image[15:], scene[15:])


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


@pytest.mark.parametrize("mode", ["LAB", "LA"])
def test_a_tiff_that_opencv_reads_as_other_colours_is_refused(mode):
    file = io.BytesIO()
    Image.new(mode, (30, 20), 90 if mode == "LAB" else (90, 128)).save(file, "TIFF")
    with pytest.raises(ValueError, match=f"reads as others: {mode}"):
        stored_image.store(file.getvalue())
    with pytest.raises(ValueError, match="A TIFF may be RGB, RGBA or grey"):
        decode.decode_photo(file.getvalue())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_a_shape_that_alpha_alone_shows_is_turned_as_exif_says(form, orientation):
    icon = np.zeros((16, 24, 4), np.uint8)  # black, and whatever way it is turned
    icon[2:9, 1:5, 3] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(icon).save(file, form, exif=exif, **(_LOSSLESS if form == "WEBP" else {}))
    shown = decode.decode_photo(file.getvalue())
    upright = stored_image.upright(255 - icon[..., 3], orientation)
    np.testing.assert_array_equal(shown[..., 0], upright)
