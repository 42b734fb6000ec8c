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


@pytest.mark.parametrize(("text", "aspect"), [("16:9", 16 / 9), ("1", 1), ("0.5", 0.5)])
def test_aspects(text, aspect):
    assert crop.parse_aspect(text) == pytest.approx(aspect)


@pytest.mark.parametrize("text", ["", "0:1", "1:0", "-1:1", "wide", "nan", "1:2:3", "1:", ":1"])
def test_no_aspects(text):
    with pytest.raises(ValueError, match="Received"):
        crop.parse_aspect(text)
