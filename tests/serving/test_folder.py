import pathlib

import cv2
import numpy as np
import pytest

from salnet_tf.serving import folder, predictor


@pytest.fixture
def inputs(photos, tmp_path):
    for name, photo in zip(("a.jpg", "b.png"), photos, strict=False):
        cv2.imwrite(str(tmp_path / name), photo[..., ::-1])
    return tmp_path


@pytest.fixture
def config(exported, inputs, tmp_path):
    model = next((exported / "litert").glob("*_fp32.tflite"))
    return folder.PredictConfig(str(inputs), str(tmp_path / "out"), str(model))


def test_each_photo_leaves_density_map_and_overlay(config, inputs, photos, tmp_path):
    assert folder.predict(config) == (2, {})
    out = tmp_path / "out"
    assert sorted(p.name for p in out.iterdir()) == [
        f"{stem}{end}" for stem in "ab" for end in (".npy", "_map.png", "_overlay.jpg")
    ]
    density = np.load(out / "b.npy")
    expected = predictor.load(config.model).predict(inputs / "b.png")
    np.testing.assert_array_equal(density, expected)
    assert cv2.imread(str(out / "b_map.png")).shape[:2] == photos[1].shape[:2]


def test_bad_files_are_listed_and_the_others_done(config, inputs, tmp_path):
    (inputs / "empty.jpg").touch()
    (inputs / "text.png").write_text("no image")
    done, failures = folder.predict(config)
    assert done == 2
    assert [path.rsplit("/", 1)[1] for path in failures] == ["empty.jpg", "text.png"]
    assert not list((tmp_path / "out").glob("empty*"))


def test_a_failed_write_leaves_the_former_result_whole(config, tmp_path, monkeypatch):
    folder.predict(config)
    before = (tmp_path / "out" / "a.npy").read_bytes()

    def torn(path, density):
        pathlib.Path(path).write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(folder.np, "save", torn)
    done, failures = folder.predict(config)
    assert (done, len(failures)) == (0, 2)
    assert (tmp_path / "out" / "a.npy").read_bytes() == before
    assert not [p for p in (tmp_path / "out").iterdir() if "partial" in p.name]


@pytest.mark.parametrize("pattern", ["nothing/*.jpg", "nothing"])
def test_no_photo_in_the_input(pattern):
    with pytest.raises(ValueError, match=r"Received"):
        folder.list_photos(pattern)


def test_two_photos_of_one_name_are_refused(inputs):
    (inputs / "a.png").touch()
    with pytest.raises(ValueError, match=r"would write the same files"):
        folder.list_photos(str(inputs))


def test_unknown_format():
    with pytest.raises(ValueError, match=r"formats are npy.*Received: 'gif'"):
        folder.PredictConfig("i", "o", formats=("gif",))
