import cv2
import numpy as np
import pytest

from salnet_tf.images import crop


@pytest.fixture
def density():
    """All of it in columns 70..79 and rows 10..19 of 60x100."""
    map_ = np.zeros((60, 100), np.float32)
    map_[10:20, 70:80] = 0.01
    return map_


def test_the_window_has_the_aspect_and_holds_the_density(density):
    left, top, right, bottom = crop.smart_crop(density, 0.5)
    assert (right - left, top, bottom) == (30, 0, 60)
    assert left <= 70 and right >= 80
    assert crop.smart_crop(density, 4)[:3:2] == (0, 100)
    assert density[slice(*crop.smart_crop(density, 4)[1::2])].sum() == pytest.approx(1)


def test_every_window_is_beaten_by_none(density):
    noisy = density + np.random.default_rng(0).random(density.shape) / 10
    left, _, right, _ = crop.smart_crop(noisy, 0.4)
    sums = [noisy[:, x : x + 24].sum() for x in range(77)]
    assert right - left == 24
    assert noisy[:, left:right].sum() == pytest.approx(max(sums), rel=1e-5)


def test_a_flat_density_is_cropped_at_the_centre():
    assert crop.smart_crop(np.full((60, 100), 1 / 6000, np.float32), 1) == (20, 0, 80, 60)


@pytest.mark.parametrize("size", [(1, 1), (1, 100), (100, 1)])
def test_the_crop_has_always_a_pixel(size):
    left, top, right, bottom = crop.smart_crop(np.ones(size, np.float32), 16 / 9)
    assert 0 <= left < right <= size[1] and 0 <= top < bottom <= size[0]


@pytest.mark.parametrize(("text", "aspect"), [("16:9", 16 / 9), ("1", 1), ("200x100", 2)])
def test_shapes(text, aspect):
    shape = crop.parse_shape(text)
    assert shape.aspect == pytest.approx(aspect)
    assert shape.size == ((200, 100) if "x" in text else None)
    assert crop.parse_shape("16:9").file_name == "16-9"


@pytest.mark.parametrize(
    "text", ["", "0:1", "1:0", "-1:1", "wide", "nan", "1:2:3", "1:", ":1", "0x5", "1x99999"]
)
def test_no_shapes(text):
    with pytest.raises(ValueError, match="Received"):
        crop.parse_shape(text)


def test_a_photo_of_another_size_than_its_density(density):
    large = cv2.resize(density, (400, 240), interpolation=cv2.INTER_NEAREST)
    for aspect in (0.5, 1, 4):
        expected = np.array(crop.smart_crop(large, aspect))
        found = np.array(crop.window(density, aspect, (240, 400)))
        assert np.abs(found - expected).max() <= 4


def test_a_crop_is_cut_and_resized():
    image = np.random.default_rng(0).integers(0, 256, (60, 100, 3), np.uint8)
    box = (20, 0, 80, 60)
    assert (crop.cut(image, box, crop.parse_shape("1:1")) == image[:, 20:80]).all()
    assert crop.cut(image, box, crop.parse_shape("30x30")).shape == (30, 30, 3)
    with pytest.raises(ValueError, match=r"70x70 would enlarge .* 60x60 .*Received: 100x60"):
        crop.cut(image, box, crop.parse_shape("70x70"))
    assert crop.cut(image, box, crop.parse_shape("70x70"), enlarge=True).shape == (70, 70, 3)


def test_the_focal_point_is_in_the_half_with_most_density(density):
    x, y = crop.focal_point(density)
    assert x == pytest.approx(0.5, abs=0.26) and 0.25 <= y <= 0.5
    assert crop.focal_point(np.full((60, 100), 1.0, np.float32)) == (0.5, 0.5)
