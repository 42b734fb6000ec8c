"""Every kind of photo is stored so that TensorFlow alone decodes what the predictor sees."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data import prepared_image
from salnet_tf.images import decode


def _file(format_, mode="RGB", orientation=1, **options):
    y, x = np.mgrid[:24, :40]
    image = np.stack([6 * x, 10 * y, 0 * x + 60], axis=-1).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(image).convert(mode).save(file, format_, exif=exif, **options)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_plain_files_stay_byte_for_byte(format_, mode):
    data = _file(format_, mode)
    assert prepared_image.from_file(data) == prepared_image.PreparedImage(data, 24, 40)


@pytest.mark.parametrize(
    "options",
    [
        {"format_": "JPEG", "orientation": 6},
        {"format_": "JPEG", "mode": "CMYK"},
        {"format_": "PNG", "mode": "P"},
        {"format_": "PNG", "mode": "RGBA"},
        {"format_": "PNG", "mode": "LA"},
        {"format_": "PNG", "transparency": 60, "mode": "L"},
        {"format_": "TIFF", "orientation": 8},
        {"format_": "AVIF", "orientation": 5},
    ],
    ids=str,
)
def test_other_files_are_stored_as_what_the_predictor_sees(options):
    data = _file(**options)
    stored = prepared_image.from_file(data)
    assert stored.data[:4] == b"\x89PNG" and decode.read_header(stored.data).plain
    assert stored.orientation == options.get("orientation", 1)
    image = tf.io.decode_image(stored.data, channels=3, expand_animations=False).numpy()
    assert image.shape == (stored.height, stored.width, 3)
    np.testing.assert_array_equal(image, decode.decode_photo(data))


@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_plain_files_that_are_cut_are_refused(format_):
    with pytest.raises(ValueError, match="truncated or damaged"):
        prepared_image.from_file(_file(format_)[:-60])
