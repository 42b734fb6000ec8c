"""Views of photos for a teacher: what they are made of, that they come out the same, bad photos."""

import cv2
import numpy as np
import pytest

from research import views

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


def test_views_are_of_all_kinds(tmp_path):
    """Of plain photos a part is plain and a blend too; neither has the photo's colour if mixed."""
    data = files()
    photos = {f"{i}.png": data[f"set/{i % 4}.png"] for i in range(100)}
    views.write(photos, tmp_path)
    images = [cv2.imread(str(path))[..., ::-1] for path in tmp_path.iterdir()]
    plain_ones = [image[0, 0].astype(int) for image in images if np.ptp(image, (0, 1)).max() < 20]
    known = [np.abs(np.array(COLOURS) - pixel).sum(1).min() < 30 for pixel in plain_ones]
    assert 15 <= len(images) - len(plain_ones) <= 55  # collages
    assert sum(known) >= 20 and len(known) - sum(known) >= 20  # parts; blends, and other colours


def test_a_blend_lies_between_its_two_photos():
    for seed in range(20):
        random = np.random.default_rng(seed)
        blend = views.blend_of([plain((30, 60, 90)), plain((90, 60, 30))], random)
        assert blend.shape == (*views.SIZE, 3) and np.ptp(blend, (0, 1)).max() == 0
        red, green, blue = blend[0, 0].astype(int)
        assert 50 <= red <= 70 and green == 60 and abs(red + blue - 120) <= 1


def test_other_colours_leave_shapes_and_greys():
    image = np.zeros((40, 60, 3), np.uint8)
    image[10:20, 10:30] = (200, 40, 40)
    image[25:35, 35:55] = (128, 128, 128)
    hues = set()
    for seed in range(20):
        other = views.recoloured(image, np.random.default_rng(seed))
        assert other.shape == image.shape and other[0, 0].tolist() == [0, 0, 0]
        assert np.ptp(other[10:20, 10:30], (0, 1)).max() == 0 and other[15, 15].max() > 100
        assert np.ptp(other[30, 45]) == 0 and other[30, 45, 0] > 60
        hues.add(int(other[15, 15].argmax()))
    assert hues == {0, 1, 2}


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


def test_names_alike_make_files_apart(tmp_path):
    (data,) = files(1).values()
    photos = dict.fromkeys(["a.1.jpg", "a-1.jpg", "a/1.jpg"], data)
    assert views.write(photos, tmp_path) == {}
    assert len(list(tmp_path.iterdir())) == 3


def test_views_of_a_file_in_place_of_the_folder_are_an_error(tmp_path):
    (tmp_path / "views").write_bytes(b"no folder")
    with pytest.raises(OSError, match="views"):
        views.write(files(1), tmp_path / "views")


def test_a_photo_that_cannot_be_decoded_is_named_and_the_rest_is_made(tmp_path):
    photos = files(2) | {"set/bad.png": lambda: b"no photo"}
    failures = views.write(photos, tmp_path)
    assert list(failures) == ["set/bad.png"] and "cannot be decoded" in failures["set/bad.png"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["set-0-png-0.jpg", "set-1-png-0.jpg"]
