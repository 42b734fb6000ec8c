"""Films and cameras; those written here are VP9 or H.264, as the system can."""

import csv
import json
import pathlib
import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

from salnet_tf.serving import film_files, films, predictor, results, sources


@pytest.fixture(scope="module")
def network():
    return predictor.load("salnet_small")


@pytest.fixture
def predict(network, tmp_path):
    """Predict a film with settings; what was written."""

    def run(path, **settings):
        name = pathlib.Path(path).stem.replace(":", "")
        source = sources.Source(str(path), name)
        config = films.FilmConfig(**settings)
        return films.predict(source, network, config, results.ResultConfig(), str(tmp_path / "out"))

    return run


def _write(path, frames, kind="MJPG"):
    size = frames[0].shape[1::-1]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*kind), 25, size)
    for frame in frames:
        writer.write(frame)
    writer.release()
    return str(path)


@pytest.fixture
def clip(tmp_path):
    """Twelve frames of 62x90, Motion JPEG: a square that wanders over noise."""
    noise = np.random.default_rng(0).integers(0, 90, (62, 90, 3)).astype(np.uint8)
    frames = []
    for i in range(12):
        frames.append(noise.copy())
        frames[-1][20:40, 5 * i : 5 * i + 20] = 255
    return _write(tmp_path / "clip.avi", frames)


def _frames(path):
    capture, frames = cv2.VideoCapture(path), []
    while (answer := capture.read())[0]:
        frames.append(answer[1])
    capture.release()
    return np.stack(frames)


@pytest.mark.parametrize(("style", "width"), [("overlay", 90), ("side_by_side", 180), ("map", 90)])
def test_every_frame_is_written(predict, clip, style, width):
    written = predict(clip, formats=(style,))
    assert (written.frames, written.problem) == (12, "")
    assert written.paths[0].endswith(f"clip_{style}{film_files.ending()}")
    assert _frames(written.paths[0]).shape == (12, 62, width, 3)


def test_the_numbers_of_every_frame(predict, clip):
    written = predict(clip, formats=("npy", "json", "csv"))
    with np.load(written.paths[0]) as arrays:
        assert arrays["density"].shape == (12, 62, 90) and arrays["density"].dtype == np.float16
        np.testing.assert_allclose(arrays["density"].astype(float).mean((1, 2)), 1, rtol=1e-2)
        np.testing.assert_allclose(arrays["seconds"], np.arange(12) / 25, atol=1e-3)
    facts = json.loads(pathlib.Path(written.paths[1]).read_text())
    assert len(facts["frames"]) == 12 and facts["frames"][3]["focal_point"]
    with open(written.paths[2], newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["frame"] for row in rows] == [str(i) for i in range(12)]
    assert float(rows[5]["focal_x"]) == facts["frames"][5]["focal_point"]["x"]


def test_frames_at_intervals(predict, clip):
    written = predict(clip, formats=("csv",), every=0.16)
    with open(written.paths[0], newline="") as file:
        times = [float(row["seconds"]) for row in csv.DictReader(file)]
    np.testing.assert_allclose(times, [0, 0.16, 0.32], atol=1e-3)
    assert predict(clip, max_frames=3).frames == 3


def test_smoothing_steadies_the_maps_and_nothing_lingers_after_a_cut(predict, tmp_path):
    frames = []
    for i in range(10):
        frame = np.full((62, 90, 3), 20 if i < 5 else 200, np.uint8)
        frame[20:40, slice(5 + i, 25 + i) if i < 5 else slice(60, 80)] = 120
        frames.append(frame)
    path = _write(tmp_path / "cut.avi", frames)
    shown = {}
    for smoothing in (0.0, 0.9):
        with np.load(predict(path, formats=("npy",), smoothing=smoothing).paths[0]) as arrays:
            shown[smoothing] = arrays["density"].astype(float)
    change = {key: np.abs(np.diff(maps[:5], axis=0)).mean() for key, maps in shown.items()}
    assert change[0.9] < 0.6 * change[0.0]
    np.testing.assert_allclose(shown[0.9][5], shown[0.0][5], atol=1e-2)


def test_a_film_that_ends_in_a_frame_gives_what_there_is(predict, clip, tmp_path):
    data = pathlib.Path(clip).read_bytes()
    torn = tmp_path / "torn.avi"
    torn.write_bytes(data[: len(data) * 6 // 10])
    written = predict(torn)
    assert 0 < written.frames < 12 and "of 12 frames can be read" in written.problem
    assert len(_frames(written.paths[0])) == written.frames


@pytest.mark.parametrize("ending", [".gif", ".webp"])
def test_an_animation_is_a_film(predict, tmp_path, ending):
    pictures = [Image.fromarray(np.full((30, 40, 3), i * 60, np.uint8)) for i in range(4)]
    path = tmp_path / f"moving{ending}"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=200)
    written = predict(path, formats=("overlay", "csv"))
    assert written.frames == 4 and len(_frames(written.paths[0])) == 4
    with open(written.paths[1], newline="") as file:
        times = [float(row["seconds"]) for row in csv.DictReader(file)]
    np.testing.assert_allclose(times, [0, 0.2, 0.4, 0.6], atol=0.02)


def test_pixels_that_are_not_square_are_shown_as_they_look(predict, clip, monkeypatch):
    monkeypatch.setattr(film_files, "_stretch", lambda capture: 4 / 3)
    assert _frames(predict(clip).paths[0]).shape == (12, 62, 120, 3)


def test_ctrl_c_ends_a_camera_and_keeps_what_was_seen(predict, clip, monkeypatch):
    class Camera:
        """The clip in a camera's place; at the sixth frame its owner presses Ctrl-C.

        It holds a capture and is none: a subclass of OpenCV's type crashes the garbage collection.
        """

        def __init__(self):
            self.clip = capture(clip)
            self.frames = 0

        def grab(self):
            self.frames += 1
            if self.frames == 6:
                raise KeyboardInterrupt
            return self.clip.grab()

        def __getattr__(self, name):
            return getattr(self.clip, name)

    capture = cv2.VideoCapture
    monkeypatch.setattr(cv2, "VideoCapture", lambda source: capture(source) if source else Camera())
    written = predict("camera:0")
    monkeypatch.undo()
    assert written.frames == 5
    assert "camera0_overlay" in written.paths[0] and len(_frames(written.paths[0])) == 5


def test_a_film_that_is_not_whole_is_no_result(predict, clip, monkeypatch):
    (path,) = predict(clip).paths
    before = pathlib.Path(path).read_bytes()
    monkeypatch.setattr(film_files, "ffmpeg", lambda: None)
    path = predict(clip).paths[0]
    before = pathlib.Path(path).read_bytes()
    abort = film_files._Vp9Writer.abort

    def full(self):  # as a full disk leaves it
        abort(self)
        with open(self._path, "r+b") as file:
            file.truncate(400)

    monkeypatch.setattr(film_files._Vp9Writer, "abort", full)
    with pytest.raises(OSError, match=r"cannot be written whole .* Received: \d+ of 12 frames"):
        predict(clip)
    assert pathlib.Path(path).read_bytes() == before
    assert not [one for one in pathlib.Path(path).parent.iterdir() if "partial" in one.name]


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg")
def test_ffmpeg_that_fails_is_told_in_its_own_words(predict, clip, monkeypatch):
    program, _ = film_files.ffmpeg()
    monkeypatch.setattr(film_files, "ffmpeg", lambda: (program, "no_such_encoder"))
    with pytest.raises(OSError, match="ffmpeg cannot write the film: "):
        predict(clip)


@pytest.mark.parametrize("name", ["camera:99999999999999", "camera:97", "missing.mp4", "text.mp4"])
def test_what_cannot_be_opened_leaves_no_folder(predict, tmp_path, name):
    (tmp_path / "text.mp4").write_text("no film")
    source = name if name.startswith("camera") else tmp_path / name
    with pytest.raises(ValueError, match=r"(cannot be opened|no such film|No camera).*Received"):
        predict(source)
    assert not (tmp_path / "out").exists()


def test_frames_too_small_for_a_film(predict, tmp_path):
    path = _write(tmp_path / "dot.avi", [np.zeros((1, 1, 3), np.uint8)])
    with pytest.raises(ValueError, match=r"A film needs 2x2 pixels. Received: 0x0"):
        predict(path)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    "field", [{"formats": ("gif",)}, {"smoothing": 1.0}, {"max_frames": -1}, {"every": -1.0}]
)
def test_wrong_settings(field):
    with pytest.raises(ValueError, match="Received"):
        films.FilmConfig(**field)
