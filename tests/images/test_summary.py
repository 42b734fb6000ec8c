import numpy as np
import pytest

from salnet_tf.images import summary


def _blob(size, x, y, sigma):
    ys, xs = np.mgrid[: size[0], : size[1]] + 0.5
    return np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * sigma**2))


@pytest.fixture
def density():
    total = _blob((60, 90), 20.5, 15.5, 4) + 0.5 * _blob((60, 90), 70.5, 40.5, 4)
    return (total / total.sum()).astype(np.float32)


def test_peaks_are_found_highest_first(density):
    peaks = summary.summarise(density)["peaks"]
    assert [(p["x"], p["y"]) for p in peaks] == [(20.5, 15.5), (70.5, 40.5)]
    assert peaks[0]["strength"] == pytest.approx(2 * peaks[1]["strength"], rel=1e-3)


def test_peaks_of_a_large_photo_are_found_to_the_pixel():
    map_ = (
        _blob((1301, 1999), 333.5, 777.5, 90) + _blob((1301, 1999), 1710.5, 20.5, 70) / 2
    ).astype(np.float32)
    assert [peak[:2] for peak in summary.find_peaks(map_, 5)] == [(333, 777), (1710, 20)]


def test_centre_of_mass(density):
    centre = summary.summarise(density)["centre_of_mass"]
    assert centre["x"] == pytest.approx((2 * 20.5 + 70.5) / 3, abs=0.2)
    assert centre["y"] == pytest.approx((2 * 15.5 + 40.5) / 3, abs=0.2)


def test_shares_of_boxes(density):
    halves = [summary.share(density, box) for box in ((0, 0, 45, 60), (45, 0, 900, 60))]
    assert halves == pytest.approx([2 / 3, 1 / 3], abs=1e-3)
    assert sum(map(sum, summary.summarise(density)["thirds"])) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("size", [None, (60, 90), (600, 900)])
@pytest.mark.parametrize("box", [(5, 5, 5, 9), (9, 0, 5, 5), (900, 0, 950, 5), (0, -9, 5, 0)])
def test_a_box_without_pixels_is_refused(density, box, size):
    with pytest.raises(ValueError, match=r"A box is left, top.*Received"):
        summary.share(density, box, size)


def test_places_are_told_in_pixels_of_the_photo(density):
    own, large = summary.summarise(density), summary.summarise(density, (600, 900))
    assert large["peaks"][0]["x"] == pytest.approx(10 * own["peaks"][0]["x"])
    assert large["centre_of_mass"]["y"] == pytest.approx(10 * own["centre_of_mass"]["y"], abs=0.1)
    assert large["focal_point"]["x_fraction"] == own["focal_point"]["x_fraction"]
    box = (105, 33, 487, 258)
    exact = np.repeat(np.repeat(density, 10, 0), 10, 1)[33:258, 105:487].sum() / 100
    assert summary.share(density, box, (600, 900)) == pytest.approx(exact, rel=1e-4)


def test_regions_are_ranked_boxes(density):
    first, second = summary.find_regions(density)
    assert first["left"] < 20 < first["right"] and first["top"] < 15 < first["bottom"]
    assert second["left"] < 70 < second["right"]
    assert first["share"] > second["share"] and 0.45 < first["share"] + second["share"] < 0.6
    assert first["fractions"]["left"] == pytest.approx(first["left"] / 90, abs=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (2, 2), (50, 1)])
def test_small_and_thin_images(size):
    facts = summary.summarise(np.full(size, 1 / np.prod(size), np.float32))
    assert facts["peaks"]
    assert all(cell > 0 for row in facts["thirds"] for cell in row)


@pytest.mark.parametrize("size", [(1, 700), (700, 513), (513, 1030)])
def test_block_maxima_reach_the_edges(size):
    map_ = np.random.default_rng(0).random(size).astype(np.float32)
    for step in (1, 2, 3):
        rows = np.maximum.reduceat(map_, np.arange(0, size[0], step), axis=0)
        expected = np.maximum.reduceat(rows, np.arange(0, size[1], step), axis=1)
        np.testing.assert_array_equal(summary._block_maxima(map_, step), expected)
