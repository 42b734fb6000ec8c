import concurrent.futures
import dataclasses
import json
import os
import pathlib
import threading

import cv2
import numpy as np
import pytest

from salnet_tf.images import render
from salnet_tf.serving import photos as photos_lib
from salnet_tf.serving import predictor


@pytest.fixture
def inputs(photos, tmp_path):
    for name, photo in zip(("a.jpg", "b.png"), photos, strict=False):
        cv2.imwrite(str(tmp_path / name), photo[..., ::-1])
    return tmp_path


@pytest.fixture
def config(exported, inputs, tmp_path):
    model = next((exported / "litert").glob("*_fp32.tflite"))
    return photos_lib.PredictConfig(str(inputs), str(tmp_path / "out"), str(model))


def test_each_photo_leaves_density_map_and_overlay(config, inputs, photos, tmp_path):
    assert photos_lib.predict(config) == (2, {})
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
    done, failures = photos_lib.predict(config)
    assert done == 2
    assert [path.rsplit("/", 1)[1] for path in failures] == ["empty.jpg", "text.png"]
    assert not list((tmp_path / "out").glob("empty*"))


def test_a_failed_write_leaves_the_former_result_whole(config, tmp_path, monkeypatch):
    photos_lib.predict(config)
    before = (tmp_path / "out" / "a.npy").read_bytes()

    def torn(path, data):
        with photos_lib.files.new_file(path) as partial:
            pathlib.Path(partial).write_bytes(b"half")
            raise OSError("No space left on device")

    monkeypatch.setattr(photos_lib.files, "write_bytes", torn)
    done, failures = photos_lib.predict(config)
    assert (done, len(failures)) == (0, 2)
    assert (tmp_path / "out" / "a.npy").read_bytes() == before
    assert not [p for p in (tmp_path / "out").iterdir() if "partial" in p.name]


@pytest.mark.parametrize("pattern", ["nothing/*.jpg", "nothing"])
def test_no_photo_in_the_input(pattern):
    with pytest.raises(ValueError, match=r"Received"):
        photos_lib.list_photos(pattern)


def test_a_folder_without_photos(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ValueError, match=r"no photo \(.jpg, .*in the folder. Received"):
        photos_lib.list_photos(str(tmp_path))


def test_a_pipe_is_left_alone_and_a_link_to_nothing_fails(config, inputs):
    os.mkfifo(inputs / "pipe.png")
    (inputs / "gone.png").symlink_to("nowhere.png")
    done, failures = photos_lib.predict(config)
    assert done and list(failures) == [str(inputs / "gone.png")]


def test_two_photos_of_one_name_are_refused(inputs):
    (inputs / "a.png").touch()
    with pytest.raises(ValueError, match=r"would write the same files"):
        photos_lib.list_photos(str(inputs))


def test_an_output_that_is_no_folder_is_met_before_the_work(config, tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(ValueError, match=r"output_dir cannot be written to: File exists.*out'"):
        photos_lib.predict(config)


def test_unknown_format():
    with pytest.raises(ValueError, match=r"formats are npy.*Received: 'gif'"):
        photos_lib.PredictConfig("i", "o", formats=("gif",))


def test_all_formats(config, photos, tmp_path):
    config = dataclasses.replace(config, formats=tuple(photos_lib.FORMATS), aspect=0.5)
    assert photos_lib.predict(config) == (2, {})
    out = tmp_path / "out"
    facts = json.loads((out / "a.json").read_text())
    assert (facts["height"], facts["width"]) == photos[0].shape[:2]
    assert cv2.imread(str(out / "a_crop.jpg")).shape == (120, 60, 3)
    assert len(list(out.iterdir())) == 2 * len(photos_lib.FORMATS)


def test_resume_does_only_what_is_missing(config, tmp_path):
    photos_lib.predict(config)
    kept, gone = tmp_path / "out" / "a.npy", tmp_path / "out" / "b_map.png"
    before = kept.stat().st_mtime_ns
    gone.unlink()
    assert photos_lib.predict(dataclasses.replace(config, resume=True)) == (1, {})
    assert kept.stat().st_mtime_ns == before
    assert gone.exists()


def test_a_photo_has_every_result_or_none(config, tmp_path):
    boxes = ((1000, 1000, 2000, 2000),)
    changed = dataclasses.replace(config, formats=("npy", "map", "json"), boxes=boxes)
    done, failures = photos_lib.predict(changed)
    assert done == 0 and failures
    assert not list((tmp_path / "out").iterdir())
    with pytest.raises(ValueError, match=r"_overlay.jpg cannot be encoded. Received: 70000x2"):
        render.encoded("_overlay.jpg", np.zeros((2, 70000, 3), np.uint8))


def test_a_link_to_nowhere_does_not_end_a_resumed_folder(config, inputs):
    (inputs / "x.jpg").symlink_to("nowhere")
    done, failures = photos_lib.predict(dataclasses.replace(config, resume=True))
    assert done and [os.path.basename(path) for path in failures if "x.jpg" in path] == ["x.jpg"]


def test_opencv_has_its_threads_back(config):
    before = cv2.getNumThreads()
    photos_lib.predict(config)
    assert cv2.getNumThreads() == before


def test_one_slow_photo_does_not_send_all_others_ahead():
    slow, begun = threading.Event(), []

    def work(number):
        begun.append(number)
        if not number:
            slow.wait(60)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        timer = threading.Timer(0.5, slow.set)
        timer.start()
        results = photos_lib._ahead(pool, 8, work, range(1000))
        first, _ = next(results)
        ahead = len(begun)
        results.close()
    timer.cancel()
    assert first == 0 and ahead <= 8
    assert len(begun) <= 8 + 4


def test_many_photos_come_out_under_their_own_names(config, inputs, photos, tmp_path):
    for i in range(20):
        cv2.imwrite(str(inputs / f"n{i}.png"), photos[i % len(photos)][..., ::-1])
        if i % 3 == 0:
            (inputs / f"bad{i}.png").touch()
    config = dataclasses.replace(config, formats=("npy",), workers=3)
    done, failures = photos_lib.predict(config)
    assert (done, len(failures)) == (22, 7)
    network = predictor.load(config.model)
    for i in range(20):
        density = np.load(tmp_path / "out" / f"n{i}.npy")
        np.testing.assert_array_equal(density, network.predict(photos[i % len(photos)]))


@pytest.mark.parametrize("inside", [False, True])
def test_a_photo_is_never_written_over(config, inputs, photos, inside, tmp_path):
    cv2.imwrite(str(inputs / "a_map.png"), photos[2])
    before = (inputs / "a_map.png").read_bytes()
    (tmp_path / "link").symlink_to(inputs)
    where = inputs / "a_map.png" if inside else inputs
    config = dataclasses.replace(config, input=str(where), output_dir=str(tmp_path / "link"))
    if inside:  # the photo alone has results of other names
        assert photos_lib.predict(config) == (1, {})
    else:
        with pytest.raises(ValueError, match=r"written over a photo.*Received: '.*/a_map\.png'"):
            photos_lib.predict(config)
        assert sorted(p.name for p in inputs.iterdir()) == ["a.jpg", "a_map.png", "b.png", "link"]
    assert (inputs / "a_map.png").read_bytes() == before


def test_resume_does_a_photo_again_that_is_newer_than_a_result(config, inputs, tmp_path):
    photos_lib.predict(config)
    config = dataclasses.replace(config, resume=True)
    assert photos_lib.predict(config) == (0, {})
    newer = (tmp_path / "out" / "b_overlay.jpg").stat().st_mtime + 10
    os.utime(inputs / "b.png", (newer, newer))
    assert photos_lib.predict(config) == (1, {})


@pytest.mark.parametrize(
    "field",
    [
        {"opacity": 2.0},
        {"peak": -1.0},
        {"peak": np.nan},
        {"colour_map": "grue"},
        {"threads": -1},
        {"threads": 100_000},
        {"boxes": ((0, 0, 1, 1),)},  # without json
    ],
)
def test_wrong_settings(field):
    with pytest.raises(ValueError, match="Received"):
        photos_lib.PredictConfig("i", "o", **field)
