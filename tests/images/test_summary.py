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
    facts = summary.summarise(density, boxes=[(0, 0, 45, 60), (45, 0, 900, 60)])
    assert [b["share"] for b in facts["boxes"]] == pytest.approx([2 / 3, 1 / 3], abs=1e-3)
    assert sum(map(sum, facts["thirds"])) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("box", [(5, 5, 5, 9), (9, 0, 5, 5), (90, 0, 95, 5)])
def test_a_box_without_pixels_is_refused(density, box):
    with pytest.raises(ValueError, match=r"A box is left, top.*Received"):
        summary.summarise(density, boxes=[box])


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
