"""Properties of the placement for every size of image, from 1x1 to 1x10000."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from salnet_tf.images import geometry

SIDES = st.one_of(st.integers(1, 40), st.integers(1, 3000), st.just(10_000))
CANVASES = st.sampled_from([(240, 320), (48, 64), (16, 16), (480, 640)])
SIZES = st.tuples(SIDES, SIDES).filter(lambda size: size[0] * size[1] <= 4_000_000)
SHARES = st.floats(0, 1, exclude_max=True)

few = hypothesis.settings(max_examples=40, deadline=None)
many = hypothesis.settings(max_examples=300, deadline=None)


@many
@hypothesis.given(SIZES, CANVASES)
@hypothesis.example((1, 1), (240, 320))
@hypothesis.example((1, 10_000), (240, 320))
@hypothesis.example((10_000, 1), (240, 320))
def test_the_image_lies_on_the_canvas_and_no_side_is_0(size, canvas):
    placement = geometry.place(size, canvas)
    assert 1 <= placement.height <= canvas[0] and 1 <= placement.width <= canvas[1]
    assert placement.height == canvas[0] or placement.width == canvas[1]
    bottom = canvas[0] - placement.top - placement.height
    right = canvas[1] - placement.left - placement.width
    assert 0 <= bottom - placement.top <= 1 and 0 <= right - placement.left <= 1


@many
@hypothesis.given(SIZES, CANVASES, SHARES, SHARES)
def test_a_point_comes_back_within_a_thousandth_of_a_pixel(size, canvas, u, v):
    placement = geometry.place(size, canvas)
    xy = np.array([[u * size[1], v * size[0]]])
    there = placement.to_canvas(xy)
    np.testing.assert_allclose(placement.to_image(there), xy, atol=1e-3)
    assert np.all(there >= (placement.left, placement.top))
    assert np.all(there <= (placement.left + placement.width, placement.top + placement.height))


@many
@hypothesis.given(SIZES, CANVASES, SHARES, SHARES)
def test_a_rasterised_point_comes_back_within_half_a_cell(size, canvas, u, v):
    """The centre of the canvas cell that holds a point is at most half a cell from it."""
    placement = geometry.place(size, canvas)
    xy = np.array([[u * size[1], v * size[0]]])
    back = placement.to_image(np.floor(placement.to_canvas(xy)) + 0.5)
    cell = np.array([1 / placement.scale_x, 1 / placement.scale_y])
    assert np.all(np.abs(back - xy) <= cell / 2 + 1e-6 * max(size))


@few
@hypothesis.given(SIZES, CANVASES, SHARES, SHARES)
@hypothesis.example((1, 10_000), (240, 320), 0.5, 0.0)
def test_a_dot_drawn_in_the_image_lands_on_its_points_cell(size, canvas, u, v):
    """The image warp and the point warp agree: the dot's centre of mass is its point."""
    height, width = size
    x, y = int(u * width), int(v * height)
    image = np.zeros((height, width, 1), np.float32)
    image[y, x] = 255
    drawn, placement = geometry.image_to_canvas(image, canvas)
    drawn = drawn[..., 0]
    (at,) = placement.to_canvas([[x + 0.5, y + 0.5]])
    # Enlarging bilinearly repeats the border pixel, so only an inner dot keeps its centre of mass.
    inner_x = placement.scale_x <= 1 or 1 <= x < width - 1 or width == 1
    inner_y = placement.scale_y <= 1 or 1 <= y < height - 1 or height == 1
    mass_x, mass_y = drawn.sum(axis=0), drawn.sum(axis=1)
    centres_x, centres_y = np.arange(canvas[1]) + 0.5, np.arange(canvas[0]) + 0.5
    if inner_x:
        assert abs(mass_x @ centres_x / mass_x.sum() - at[0]) <= 0.5 + 1e-3
    if inner_y:
        assert abs(mass_y @ centres_y / mass_y.sum() - at[1]) <= 0.5 + 1e-3
    column = min(int(at[0]), placement.left + placement.width - 1)
    row = min(int(at[1]), placement.top + placement.height - 1)
    # No cell shows more of the dot than its point's, but for that repeated border.
    share_x = 1 if inner_x else 1 - 0.5 / placement.scale_x
    share_y = 1 if inner_y else 1 - 0.5 / placement.scale_y
    assert drawn[row, column] >= 0.999 * share_x * share_y * drawn.max()


@few
@hypothesis.given(SIZES, CANVASES, st.integers(0, 2**31))
@hypothesis.example((1, 10_000), (240, 320), 0)
@hypothesis.example((1, 1), (240, 320), 0)
def test_the_way_back_is_a_density_of_the_images_own_size(size, canvas, seed):
    logits = np.random.default_rng(seed).normal(0, 5, canvas).astype(np.float32)
    density = geometry.canvas_to_density(logits, geometry.place(size, canvas))
    assert density.shape == size and density.dtype == np.float32
    assert density.min() >= 0
    np.testing.assert_allclose(density.sum(dtype=np.float64), 1, rtol=1e-5)


def test_padding_never_reaches_the_density():
    placement = geometry.place((100, 100), (240, 320))
    logits = np.full((240, 320), 1000, np.float32)
    placement.crop(logits)[:] = 0
    density = geometry.canvas_to_density(logits, placement)
    np.testing.assert_allclose(density, 1e-4, rtol=1e-4)


@pytest.mark.parametrize("sizes", [((0, 10), (48, 64)), ((10, 10), (48, 0))])
def test_a_side_of_0_is_refused(sizes):
    with pytest.raises(ValueError, match=r"sides of at least 1 pixel\. Received: image"):
        geometry.place(*sizes)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_logits_that_are_no_numbers_are_refused(value):
    logits = np.full((48, 64), value, np.float32)
    with pytest.raises(ValueError, match=r"must be finite\. Received: (nan|-?inf)"):
        geometry.canvas_to_density(logits, geometry.place((30, 40), (48, 64)))


@pytest.mark.parametrize("size", [(30, 40), (111, 87), (300, 500)])
def test_a_large_image_is_resized_channel_by_channel_to_the_same(size, monkeypatch):
    image = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    whole = geometry.resize_image(image, size)
    monkeypatch.setattr(geometry, "_LARGE", 100)
    np.testing.assert_allclose(geometry.resize_image(image, size), whole, atol=1e-3)
