"""The comparison of crops, on a drawn set; other tools take part where they are installed."""

import cv2
import numpy as np
import pytest

from benchmarks import crops


@pytest.fixture
def folder(tmp_path):
    """Two photos; two people whose later fixations lie on the right, the first on the left."""
    (tmp_path / "images").mkdir()
    rows, splits = ["image,observer,order,x,y,duration_ms"], ["image,split"]
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / "images" / name), np.zeros((40, 100, 3), np.uint8))
        rows += [
            f"{name},{who},{i},{5 if not i else 80 + i},20,200" for who in "pq" for i in range(4)
        ]
        splits.append(f"{name},validation")
    (tmp_path / "fixations.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "splits.csv").write_text("\n".join(splits) + "\n")
    return str(tmp_path)


def test_shares_without_first_fixations(folder):
    photos = crops.read_set(folder, "validation")
    assert [len(photo.xy) for photo in photos] == [6, 6]
    found = {"left": lambda photo, _: (0, 0, 40, 40), crops._BEST: crops.best_window}
    shares = crops.measure(photos, [1.0], found)
    assert shares["left"].tolist() == [[0, 0]]
    assert shares[crops._BEST].tolist() == shares[crops._OTHERS].tolist() == [[1, 1]]
    table = crops.markdown({"drawn": shares}, ["1:1"])
    assert "| left | .000 (.000-.000), .000 |" in table
    lines = crops.differences({"drawn": shares}, ["1:1"], "left")
    assert lines == []


def test_windows_of_other_methods_have_the_shape(folder):
    (photo, _) = crops.read_set(folder, "validation")
    for method in crops.methods(["salnet_small"]).values():
        left, top, right, bottom = method(photo, 0.5)
        assert (right - left, top, bottom) == (20, 0, 40) and left >= 0 and right <= 100


def test_a_split_without_fixations_is_refused(folder):
    with pytest.raises(ValueError, match=r"No photo of the split has fixations. Received: .*:test"):
        crops.read_set(folder, "test")
