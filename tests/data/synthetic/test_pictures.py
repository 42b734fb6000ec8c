import cv2

from data.synthetic import pictures


def test_pictures_are_drawn_and_differ(tmp_path):
    first, second = pictures.draw(tmp_path / "p", count=2, seed=1)
    assert cv2.imread(str(first)).shape[2] == 3
    assert first.read_bytes() != second.read_bytes()
