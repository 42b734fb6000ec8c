import concurrent.futures
import csv
import dataclasses
import json
import os
import threading

import cv2
import numpy as np
import pytest

from salnet_tf.images import crop
from salnet_tf.serving import areas, photos, predictor, results, sources


@pytest.fixture(scope="module")
def network():
    return predictor.load("salnet_small")


@pytest.fixture
def inputs(tmp_path):
    generator = np.random.default_rng(0)
    for name, size in (("a.jpg", (90, 120, 3)), ("b.png", (64, 96, 3))):
        cv2.imwrite(str(tmp_path / name), generator.integers(0, 256, size, np.uint8))
    return tmp_path


@pytest.fixture
def run(network, inputs):
    """Predict the inputs, with other settings; (done, failures)."""

    def predict(recursive=False, resume=False, workers=0, **settings):
        config = photos.PhotoConfig(
            str(inputs / "out"), results.ResultConfig(**settings), resume=resume, workers=workers
        )
        found = sources.find([str(inputs)], config.output_dir, recursive)
        return photos.predict(found.photos, network, config)

    return predict


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_each_photo_leaves_density_map_and_overlay(run, network, inputs):
    assert run() == (2, {})
    ends = (".npy", "_map.png", "_overlay.jpg")
    assert _names(inputs / "out") == [f"{stem}{end}" for stem in "ab" for end in ends]
    density = np.load(inputs / "out" / "b.npy")
    np.testing.assert_array_equal(density, network.predict(inputs / "b.png"))
    assert cv2.imread(str(inputs / "out" / "b_map.png")).shape == (64, 96, 3)


def test_all_formats_and_crops(run, network, inputs):
    shapes = tuple(map(crop.parse_shape, ("1:1", "1:2", "40x20")))
    assert run(formats=tuple(results.FORMATS), crops=shapes) == (2, {})
    out = inputs / "out"
    facts = json.loads((out / "a.json").read_text())
    assert (facts["height"], facts["width"]) == (90, 120)
    assert [one["crop"] for one in facts["crops"]] == ["1:1", "1:2", "40x20"]
    assert cv2.imread(str(out / "a_crop_1-2.jpg")).shape == (90, 45, 3)
    assert cv2.imread(str(out / "b_crop_40x20.png")).shape == (20, 40, 3)
    density = np.load(out / "a.npy")
    np.testing.assert_allclose(np.exp(np.load(out / "a_log.npy")), density, rtol=1e-4)
    grey = cv2.imread(str(out / "a_grey.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_allclose(grey, 255 * density / density.max(), atol=0.6)
    assert len(_names(out)) == 2 * (len(results.FORMATS) + 3)


def test_large_photos_are_predicted_small(run, network, inputs):
    run(max_size=60, formats=("npy", "overlay", "json"), crops=(crop.parse_shape("1:1"),))
    out = inputs / "out"
    assert np.load(out / "a.npy").shape == (45, 60)
    assert cv2.imread(str(out / "a_overlay.jpg")).shape == (45, 60, 3)
    facts = json.loads((out / "a.json").read_text())
    assert facts["width"] == 120 and facts["crops"][0]["bottom"] == 90
    assert cv2.imread(str(out / "a_crop_1-1.jpg")).shape == (90, 90, 3)


def test_bad_files_are_listed_and_the_others_done(run, inputs):
    (inputs / "empty.jpg").touch()
    (inputs / "text.png").write_text("no image")
    (inputs / "gone.png").symlink_to("nowhere.png")
    done, failures = run()
    assert done == 2
    assert [os.path.basename(path) for path in failures] == ["empty.jpg", "gone.png", "text.png"]
    assert len(_names(inputs / "out")) == 6
    done, failures = run(resume=True)
    assert (done, len(failures)) == (0, 3)


def test_a_photo_has_every_result_or_none(run, inputs):
    (inputs / "out" / "a_map.png").mkdir(parents=True)
    done, failures = run()
    assert (done, list(failures)) == (1, [str(inputs / "a.jpg")])
    assert _names(inputs / "out") == ["a_map.png", "b.npy", "b_map.png", "b_overlay.jpg"]


def test_crops_that_are_too_small_are_refused(run, inputs):
    done, failures = run(formats=(), crops=(crop.parse_shape("100x80"),))
    assert done == 1 and "would enlarge the photo" in failures[str(inputs / "b.png")]
    assert run(formats=(), crops=(crop.parse_shape("100x80"),), enlarge=True) == (2, {})
    assert cv2.imread(str(inputs / "out" / "b_crop_100x80.png")).shape == (80, 100, 3)
    done, failures = run(formats=(), crops=(crop.parse_shape("1:1"),), min_crop=70)
    assert done == 1 and "min_crop=70. Received: 96x64" in failures[str(inputs / "b.png")]


def test_tables_of_photos_and_areas(run, inputs):
    (inputs / "aois.csv").write_text(
        "image,name,left,top,right,bottom\n*,left half,0,0,48,96\na.jpg,corner,0,0,10,10\n"
    )
    mine = areas.read(str(inputs / "aois.csv"))
    assert run(formats=(), table="csv", areas=mine, crops=(crop.parse_shape("1:1"),)) == (2, {})
    with open(inputs / "out" / "photos.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["width"] for row in rows] == ["120", "96"] and rows[0]["crop_1:1_right"]
    with open(inputs / "out" / "areas.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["left half", "corner", "left half"]
    assert float(rows[2]["share_by_chance"]) == 0.5 and rows[0]["rank"] == "1"
    assert float(rows[2]["times_chance"]) == pytest.approx(2 * float(rows[2]["share"]), rel=1e-3)


def test_a_tree_is_kept(run, inputs):
    (inputs / "sub").mkdir()
    os.link(inputs / "a.jpg", inputs / "sub" / "a.jpg")
    assert run(recursive=True, formats=("npy",)) == (3, {})
    assert (inputs / "out" / "sub" / "a.npy").is_file()
    assert run(recursive=True, formats=("npy", "overlay"))[0] == 3  # overlays are no inputs


def test_resume_does_what_is_missing_or_older(run, inputs):
    run()
    out = inputs / "out"
    before = (out / "a.npy").stat().st_mtime_ns
    (out / "b_map.png").unlink()
    assert run(resume=True) == (1, {})
    assert (out / "a.npy").stat().st_mtime_ns == before
    newer = (out / "b_overlay.jpg").stat().st_mtime + 10
    os.utime(inputs / "b.png", (newer, newer))
    assert run(resume=True) == (1, {})


def test_a_photo_is_never_written_over(network, inputs):
    os.link(inputs / "b.png", inputs / "a_map.png")
    (inputs / "link").symlink_to(inputs)
    config = photos.PhotoConfig(str(inputs / "link"))
    found = [sources.Source(str(inputs / name), name[:-4]) for name in ("a.jpg", "a_map.png")]
    with pytest.raises(ValueError, match=r"written over a photo.*Received: '.*/a_map\.png'"):
        photos.predict(found, network, config)
    assert photos.predict(found[1:], network, config) == (1, {})  # has results of other names


def test_an_output_that_is_no_folder_is_met_before_the_work(run, inputs):
    (inputs / "out").touch()
    with pytest.raises(ValueError, match=r"output_dir cannot be written to: File exists.*out'"):
        run()


def test_one_slow_photo_does_not_send_all_others_ahead():
    slow, begun = threading.Event(), []

    def work(number):
        begun.append(number)
        if not number:
            slow.wait(60)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        timer = threading.Timer(0.5, slow.set)
        timer.start()
        called = photos.ahead(pool, 8, work, range(1000))
        first, _ = next(called)
        ahead = len(begun)
        called.close()
    timer.cancel()
    assert first == 0 and ahead <= 8
    assert len(begun) <= 8 + 4


def test_many_photos_come_out_under_their_own_names(run, network, inputs):
    generator = np.random.default_rng(1)
    for i in range(20):
        cv2.imwrite(str(inputs / f"n{i}.png"), generator.integers(0, 256, (40, 50, 3), np.uint8))
        if i % 3 == 0:
            (inputs / f"bad{i}.png").touch()
    before = cv2.getNumThreads()
    done, failures = run(formats=("npy",), workers=3)
    assert (done, len(failures)) == (22, 7)
    assert cv2.getNumThreads() == before
    for i in range(20):
        density = np.load(inputs / "out" / f"n{i}.npy")
        np.testing.assert_array_equal(density, network.predict(inputs / f"n{i}.png"))


@pytest.mark.parametrize(
    "field",
    [
        *({"opacity": 2.0}, {"peak": -1.0}, {"peak": np.nan}, {"colour_map": "grue"}),
        *({"formats": ("gif",)}, {"max_size": -1}, {"min_crop": -1}, {"table": "xls"}),
    ],
)
def test_wrong_results(field):
    with pytest.raises(ValueError, match="Received"):
        results.ResultConfig(**field)


@pytest.mark.parametrize(
    "field", [{"threads": -1}, {"threads": 100_000}, {"workers": 100_000}, {"output_dir": ""}]
)
def test_wrong_settings(field):
    with pytest.raises(ValueError, match="Received"):
        photos.PhotoConfig(**field)
    with pytest.raises(ValueError, match="resume writes no table"):
        table = results.ResultConfig(table="csv")
        dataclasses.replace(photos.PhotoConfig(result=table), resume=True)
