"""Views of photos for a teacher: what they are made of, that they come out the same, bad photos."""

import cv2
import numpy as np
import pytest

from salnet_tf.training import views

COLOURS = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30)]


def plain(colour, size=(60, 80)):
    return np.full((*size, 3), colour, np.uint8)


def files(count=4):
    encoded = [cv2.imencode(".png", plain(c)[..., ::-1])[1].tobytes() for c in COLOURS[:count]]
    return {f"set/{i}.png": lambda data=data: data for i, data in enumerate(encoded)}


@pytest.mark.parametrize("size", [(1, 1), (1, 250), (60, 80), (250, 7)])
def test_a_part_lies_in_the_photo(size):
    rows, columns = np.indices(size)
    image = np.stack([rows % 251, columns % 251, rows * 0], -1).astype(np.uint8)
    for seed in range(50):
        part = views.part_of(image, np.random.default_rng(seed))
        assert 1 <= part.shape[0] <= size[0] and 1 <= part.shape[1] <= size[1]
        top, left = part[0, 0, :2].astype(int)
        expected = image[top : top + part.shape[0], left : left + part.shape[1]]
        np.testing.assert_array_equal(part, expected)


def test_parts_are_of_the_stated_share():
    shares = [
        views.part_of(np.zeros((600, 800, 3)), np.random.default_rng(seed))[..., 0].size / 480_000
        for seed in range(200)
    ]
    assert min(shares) > 0.12 and max(shares) < 0.92 and np.ptp(shares) > 0.6


def test_a_collage_has_its_four_photos_in_four_fields():
    collage = views.collage_of([plain(c) for c in COLOURS], np.random.default_rng(0))
    assert collage.shape == (*views.SIZE, 3)
    corners = collage[[0, 0, -1, -1], [0, -1, 0, -1]]
    np.testing.assert_array_equal(corners, COLOURS)


def test_a_collage_of_two_has_them_side_by_side_or_one_above_the_other():
    directions = set()
    for seed in range(20):
        collage = views.collage_of([plain(c) for c in COLOURS[:2]], np.random.default_rng(seed))
        first, right, below, last = collage[[0, 0, -1, -1], [0, -1, 0, -1]].tolist()
        assert first == list(COLOURS[0]) and last == list(COLOURS[1])
        directions.add("beside" if right == last else "below")
        assert (right == last) != (below == last)
    assert directions == {"beside", "below"}


def test_half_are_parts_and_half_collages(tmp_path):
    """A part of a plain photo is plain, a collage of several colours is not."""
    data = files()
    photos = {f"{i}.png": data[f"set/{i % 4}.png"] for i in range(60)}
    views.write(photos, tmp_path)
    spread = [np.ptp(cv2.imread(str(path)), axis=(0, 1)).max() for path in tmp_path.iterdir()]
    assert 15 <= np.sum(np.array(spread) > 40) <= 45


def test_views_are_a_function_of_seed_and_name(tmp_path):
    for folder, seed in (("first", 0), ("again", 0), ("other", 1)):
        assert views.write(files(), tmp_path / folder, count=2, seed=seed) == {}
    first, again, other = (
        {p.name: p.read_bytes() for p in (tmp_path / folder).iterdir()}
        for folder in ("first", "again", "other")
    )
    assert sorted(first) == [f"set-{i}-png-{n}.jpg" for i in range(4) for n in range(2)]
    assert first == again != other
    assert all(first[f"set-{i}-png-0.jpg"] != first[f"set-{i}-png-1.jpg"] for i in range(4))


def test_a_photo_that_cannot_be_decoded_is_named_and_the_rest_is_made(tmp_path):
    photos = files(2) | {"set/bad.png": lambda: b"no photo"}
    failures = views.write(photos, tmp_path)
    assert list(failures) == ["set/bad.png"] and "cannot be decoded" in failures["set/bad.png"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["set-0-png-0.jpg", "set-1-png-0.jpg"]
