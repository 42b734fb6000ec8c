"""Whatever holds a photo gives its pixels."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from salnet_tf.images import reading

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
PNG = cv2.imencode(".png", PIXELS[..., ::-1])[1].tobytes()


@pytest.mark.parametrize(
    "image",
    [
        *(PNG, bytearray(PNG), memoryview(PNG), io.BytesIO(PNG), PIXELS, Image.fromarray(PIXELS)),
        *(PIXELS / 255, (PIXELS / 255).astype(np.float32)),
        np.dstack([PIXELS, np.full((20, 30), 255, np.uint8)]),
    ],
)
def test_the_same_pixels(image):
    np.testing.assert_array_equal(reading.read_image(image), PIXELS)


def test_grey_is_three_equal_channels():
    expected = np.dstack([PIXELS[..., 0]] * 3)
    for grey in (PIXELS[..., 0], PIXELS[..., :1], Image.fromarray(PIXELS[..., 0])):
        np.testing.assert_array_equal(reading.read_image(grey), expected)


def test_what_is_transparent_lies_over_white():
    clear = np.dstack([PIXELS, np.zeros((20, 30), np.uint8)])
    for image in (clear, clear / 255, Image.fromarray(clear)):
        assert (reading.read_image(image) == 255).all()
    half = np.dstack([np.zeros_like(PIXELS), np.full((20, 30), 127, np.uint8)])
    assert (reading.read_image(half) == 128).all()


def test_a_pil_image_is_turned_and_converted():
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "PNG", exif=exif)
    file.seek(0)
    turned = reading.read_image(Image.open(file))
    np.testing.assert_array_equal(turned, np.rot90(PIXELS, -1))
    np.testing.assert_array_equal(turned, reading.read_image(file.getvalue()))
    deep = Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 256)
    np.testing.assert_array_equal(reading.read_image(deep)[..., 0], PIXELS[..., 0])
    assert reading.read_image(Image.fromarray(PIXELS).convert("CMYK")).shape == PIXELS.shape


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (None, r"An image is a path.*Received: NoneType"),
        ([[1, 2]], r"An image is a path.*Received: list"),
        (PIXELS.astype(np.float32), r"must be 0\.\.1; give 0\.\.255 as uint8.*Received: values of"),
        (np.full((2, 2, 3), np.nan), "must be 0..1"),
        (PIXELS.astype(np.int32), r"uint8, 0\.\.255, or float.*Received: int32"),
        (np.zeros((2, 2, 5), np.uint8), r"\[H, W, 3\].*Received: uint8 \(2, 2, 5\)"),
        (np.zeros((0, 2, 3), np.uint8), "not empty"),
        (io.StringIO("text"), "mode 'rb'"),
        ("https://a.example/b.jpg", r"Addresses are not opened. Fetch .*urlopen"),
        ("s3://bucket/b.jpg", "Addresses are not opened"),
    ],
)
def test_what_is_refused(image, message):
    with pytest.raises(ValueError, match=message):
        reading.read_image(image)
