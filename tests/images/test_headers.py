import cv2
import numpy as np
import pytest

from salnet_tf.images import headers


def encoded(ending, shape=(30, 20, 3)):
    return cv2.imencode(ending, np.full(shape, 90, np.uint8))[1].tobytes()


def test_size_and_components():
    assert headers.size(encoded(".png")) == (30, 20)
    assert headers.size(encoded(".jpg")) == (30, 20)
    assert headers.size(encoded(".webp")) is None
    assert headers.jpeg_frame(encoded(".jpg")) == (30, 20, 3)
    assert headers.jpeg_frame(encoded(".jpg", (30, 20))) == (30, 20, 1)


@pytest.mark.parametrize("length", [0, 1, 2, 5, 12, 40])
def test_files_that_are_cut_say_nothing(length):
    for ending in (".png", ".jpg", ".tiff"):
        data = encoded(ending)[:length]
        assert headers.size(data) is None or length == 40
        assert headers.orientation(data) == 1
        assert headers.jpeg_frame(data) is None
        assert headers.tiff_tags(data) in ({}, headers.tiff_tags(encoded(ending)))


@pytest.mark.parametrize("order", ["little", "big"])
def test_orientation_of_both_byte_orders(order):
    def number(value, size):
        return value.to_bytes(size, order)

    entry = number(0x0112, 2) + number(3, 2) + number(1, 4) + number(6, 2) + b"\0\0"
    mark = b"II" if order == "little" else b"MM"
    exif = mark + number(42, 2) + number(8, 4) + number(1, 2) + entry + number(0, 4)
    assert headers.tiff_tags(exif) == {0x0112: 6}
    assert headers.orientation(b"\xff\xd8\xff\xe1\0\0Exif\0\0" + exif) == 6
