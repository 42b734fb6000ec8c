import cv2
import h5py
import numpy as np
import pytest
import scipy.io

from salnet_tf.evaluation import predictions, stimuli
from salnet_tf.images import map_files

SIZE = (60, 80)
GOOD = np.random.default_rng(0).random(SIZE)


def broken(at, value):
    saliency = GOOD.copy()
    saliency[at] = value
    return saliency


@pytest.mark.parametrize(
    ("saliency", "reason"),
    [
        (broken((3, 4), np.nan), "holds 1 NaN or infinite values"),
        (broken((3, slice(0, 2)), np.inf), "holds 2 NaN or infinite values"),
        (broken((3, 4), -0.25), r"holds negative values \(down to -0.25\)"),
        (0 * GOOD, "is 0 everywhere"),
        (GOOD.T, "60x80 has another aspect ratio than the image's 80x60"),
        (np.stack([GOOD] * 3, -1), r"is not \[height, width\] numbers but float64 of shape"),
        (np.array([["a"]]), "is not .height, width. numbers"),
        (np.zeros((0, 0)), "is not .height, width. numbers"),
    ],
)
def test_a_map_unfit_for_scoring_is_one_sentence(saliency, reason):
    with pytest.raises(ValueError, match=f"its map('s)? ?{reason}"):
        map_files.checked(saliency, SIZE)


def test_maps_of_any_size_and_type_come_to_the_images_size():
    np.testing.assert_array_equal(map_files.checked(GOOD, SIZE), GOOD)
    np.testing.assert_array_equal(map_files.checked(GOOD[..., None], SIZE), GOOD)
    for size in ((30, 40), (120, 160), (61, 80), (7, 10)):
        resized = map_files.checked(cv2.resize(GOOD, size[::-1]), SIZE)
        assert resized.shape == SIZE and resized.dtype == np.float64
    tiny = map_files.checked(1e-200 * GOOD[::2, ::2], SIZE)
    assert tiny.max() > 0.5  # float32 alone would have made it 0
    assert map_files.checked(np.uint8(255 * GOOD), SIZE).max() <= 255


def a_stimulus(name):
    xy = np.array([[5.0, 5.0]])
    return stimuli.Stimulus(name, b"", SIZE, xy, np.zeros(1), 3.0)


def test_every_file_kind_is_read(tmp_path):
    grey = np.uint8(255 * GOOD)
    np.save(tmp_path / "a.npy", GOOD)
    scipy.io.savemat(tmp_path / "b.mat", {"map": GOOD, "note": "x", "scale": 2.0})
    with h5py.File(tmp_path / "c.mat", "w") as file:
        file["map"] = GOOD.T
    cv2.imwrite(str(tmp_path / "d.png"), np.uint16(65535 * GOOD))
    cv2.imwrite(str(tmp_path / "e.jpg"), cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    cv2.imwrite(str(tmp_path / "a.png"), grey)
    folder = predictions.Folder(tmp_path)
    for name, tolerance in (("a", 0), ("b", 0), ("c", 0), ("d", 1e-4), ("e", 0.1)):
        saliency = folder(a_stimulus(f"{name}.jpeg")).astype(float)
        scale = {"d": 65535, "e": 255}.get(name, 1)
        assert np.abs(saliency / scale - GOOD).mean() <= tolerance, name
    assert folder.extra([a_stimulus("a.jpg"), a_stimulus("b.jpg")]) == ["c.mat", "d.png", "e.jpg"]


def test_two_images_of_one_stem_have_no_maps_of_their_own(tmp_path):
    np.save(tmp_path / "a.npy", GOOD)
    folder = predictions.Folder(tmp_path)
    with pytest.raises(ValueError, match=r"Received: a.png, a.jpg$"):
        folder.extra([a_stimulus("b.png"), a_stimulus("a.png"), a_stimulus("a.jpg")])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.npy", b"not an array", r"its map a.npy cannot be read \((?!.*pickle)"),
        ("a.png", b"\x89PNG broken", r"its map a.png cannot be read \("),
        ("a.mat", b"broken", r"its map a.mat cannot be read \("),
    ],
)
def test_an_unreadable_file_is_one_sentence(tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=reason):
        predictions.Folder(tmp_path)(a_stimulus("a.jpg"))


@pytest.mark.parametrize(
    ("ending", "depth"), [("png", np.uint8), ("png", np.uint16), ("jpg", np.uint8)]
)
def test_a_coloured_picture_is_no_map_and_a_nearly_grey_one_is(tmp_path, ending, depth):
    scale = np.iinfo(depth).max // 255
    grey = cv2.resize(GOOD[:6, :8], SIZE[::-1])[..., None] * [200, 200, 200]
    cv2.imwrite(
        str(tmp_path / f"grey.{ending}"), depth(np.round(grey + np.array((0, 2, 4))) * scale)
    )
    cv2.imwrite(
        str(tmp_path / f"coloured.{ending}"), depth(np.round(grey + np.array((0, 0, 40))) * scale)
    )
    folder = predictions.Folder(tmp_path)
    assert np.abs(folder(a_stimulus("grey.jpg")) / scale - grey[..., 0] - 2).mean() < 2
    with pytest.raises(ValueError, match=r"\(a coloured picture, not a grey map\)"):
        folder(a_stimulus("coloured.jpg"))


def test_a_picture_that_is_cut_is_not_scored(tmp_path):
    data = cv2.imencode(
        ".jpg",
        cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (40, 60), np.uint8), (9, 9), 3),
    )[1].tobytes()
    (tmp_path / "a.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match=r"its map a.jpg cannot be read \("):
        predictions.Folder(tmp_path)(a_stimulus("a.jpg"))


def test_a_matlab_file_with_two_matrices_and_a_missing_map(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"one": GOOD, "two": GOOD})
    folder = predictions.Folder(tmp_path)
    with pytest.raises(ValueError, match=r"cannot be read \(2 matrices where one is wanted\)"):
        folder(a_stimulus("a.jpg"))
    with pytest.raises(ValueError, match="has no map for it"):
        folder(a_stimulus("b.jpg"))
    with pytest.raises(ValueError, match=r"No .npy, .mat, .png, .jpg, .jpeg file in the folder"):
        predictions.Folder(tmp_path / "nowhere")
