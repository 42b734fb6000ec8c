import cv2
import numpy as np
import pytest

from salnet_tf.images import render


@pytest.fixture
def density():
    y, x = np.mgrid[:40, :60]
    blob = np.exp(-((x - 20) ** 2 + (y - 15) ** 2) / 50.0)
    return (blob / blob.sum()).astype(np.float32)


@pytest.fixture
def grey():
    return np.full((40, 60, 3), 100, np.uint8)


@pytest.mark.parametrize("colour_map", render.COLOUR_MAPS)
def test_heat_map_spans_the_colours(density, colour_map):
    heat = render.heat_map(density, colour_map)
    assert heat.shape == (40, 60, 3) and heat.dtype == np.uint8
    assert (heat[15, 20] != heat[39, 59]).any()


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (40, 60)])
def test_a_png_with_a_palette_holds_the_heat_map(size):
    map_ = np.random.default_rng(0).random(size).astype(np.float32)
    png = np.frombuffer(render.heat_map_png(map_, "turbo"), np.uint8)
    np.testing.assert_array_equal(
        cv2.imdecode(png, cv2.IMREAD_COLOR)[..., ::-1], render.heat_map(map_, "turbo")
    )


def test_colour_maps_are_rgb(density):
    red, green, blue = render.heat_map(density, "hot", peak=60.0)[13, 24].astype(int)
    assert red > green >= blue  # "hot" turns from black over red to white


def test_a_fixed_peak_makes_images_comparable(density):
    flat = np.full_like(density, 1 / density.size)
    assert render.strength(flat).max() == 1
    assert render.strength(flat, peak=4).max() == pytest.approx(0.25)
    large = np.full((400, 600), 1 / 240000, np.float32)
    assert render.strength(large, peak=4).max() == pytest.approx(0.25)


def test_overlay_changes_the_photo_where_people_look(density, grey):
    laid = render.overlay(grey, density)
    assert (laid[39, 59] == grey[39, 59]).all()
    assert (laid[15, 20] != grey[15, 20]).any()
    assert (render.overlay(grey, density, opacity=0.0) == grey).all()


def test_contours_enclose_their_shares(density, grey):
    drawn = (render.contour(grey, density, shares=(0.5,)) != grey).any(-1)
    radius = np.sqrt(2 * 25 * np.log(2))  # of half a round Gaussian's mass, sigma 5
    y, x = np.nonzero(drawn)
    distance = np.hypot(x - 20, y - 15)
    assert np.abs(distance - radius).max() < 4.5
    assert distance.mean() == pytest.approx(radius, abs=0.7)
    assert not drawn[15, 20]


def test_contours_of_a_large_photo_enclose_their_shares():
    y, x = np.mgrid[:900, :1400]
    blob = np.exp(-((x - 500) ** 2 + (y - 400) ** 2) / 2e4).astype(np.float32)
    drawn = render.contour(np.zeros((900, 1400, 3), np.uint8), blob / blob.sum(), shares=(0.5,))
    y, x = np.nonzero(drawn.any(-1))
    radius = np.sqrt(2 * 1e4 * np.log(2))  # sigma 100
    assert np.hypot(x - 500, y - 400).mean() == pytest.approx(radius, abs=1)


def test_the_levels_of_a_map_are_rounded_strengths(density):
    for peak in (None, 5.0):
        expected = np.rint(render.strength(density, peak) * 255)
        np.testing.assert_allclose(render._levels(density, peak), expected, atol=1)


def test_kinks_of_the_upsampling_are_not_drawn():
    y, x = np.mgrid[:30, :40]
    coarse = np.exp(-((x - 20.3) ** 2 + (y - 15.4) ** 2) / 8.0).astype(np.float32)
    density = cv2.resize(coarse, (800, 600))  # bilinear, as the network does
    drawn = render._levels(density / density.sum(), None)
    row = drawn[310].astype(int)[380:440:5]
    kinked = np.rint(255 * density / density.max())[310].astype(int)[380:440:5]
    assert np.abs(np.diff(row, 2)).max() < 0.6 * np.abs(np.diff(kinked, 2)).max()
    assert np.hypot(*np.subtract(np.argwhere(drawn == 255).mean(axis=0), (317.5, 415.5))) < 6
    assert np.abs(drawn - 255 * density / density.max()).mean() < 2


def test_unknown_colour_map(density):
    with pytest.raises(ValueError, match=r"colour_map must be one of.*Received: 'grue'"):
        render.heat_map(density, "grue")


def test_a_density_of_zeros_is_drawn(grey):
    assert render.overlay(grey, np.zeros((40, 60), np.float32)).shape == grey.shape
