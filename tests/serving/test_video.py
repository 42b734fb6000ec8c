import pathlib

import cv2
import numpy as np
import pytest

from salnet_tf.serving import photos, video


@pytest.fixture
def config(exported, tmp_path):
    model = next((exported / "litert").glob("*_fp32.tflite"))

    def make(source):
        return photos.PredictConfig(str(source), str(tmp_path / "out"), str(model))

    return make


@pytest.fixture
def clip(tmp_path):
    """Twelve frames of 62x90, Motion JPEG: a square that wanders over noise."""
    path = str(tmp_path / "clip.avi")
    noise = np.random.default_rng(0).integers(0, 90, (62, 90, 3)).astype(np.uint8)
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 25, (90, 62))
    for i in range(12):
        frame = noise.copy()
        frame[20:40, 5 * i : 5 * i + 20] = 255
        writer.write(frame)
    writer.release()
    return path


def _frames(path):
    capture, frames = cv2.VideoCapture(path), []
    while (answer := capture.read())[0]:
        frames.append(answer[1])
    capture.release()
    return np.stack(frames)


@pytest.mark.parametrize(("style", "width"), [("overlay", 90), ("side_by_side", 180)])
def test_every_frame_is_written(config, clip, style, width):
    path, written, promised = video.predict(config(clip), video.VideoConfig(style=style))
    assert (written, promised) == (12, 12)
    assert path.endswith(f"clip_{style}.mp4")
    assert _frames(path).shape == (12, 62, width, 3)


def test_smoothing_steadies_the_maps(config, clip, tmp_path):
    change = {}
    for smoothing in (0.0, 0.9):
        settings = video.VideoConfig(style="side_by_side", smoothing=smoothing)
        maps = _frames(video.predict(config(clip), settings)[0])[:, :, 90:].astype(float)
        change[smoothing] = np.abs(np.diff(maps, axis=0)).mean()
    assert change[0.9] < 0.6 * change[0.0]


def test_nothing_lingers_after_a_cut(config, tmp_path):
    path = str(tmp_path / "cut.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 25, (90, 62))
    for i in range(10):
        frame = np.full((62, 90, 3), 20 if i < 5 else 200, np.uint8)
        frame[20:40, slice(5, 25) if i < 5 else slice(60, 80)] = 120
        writer.write(frame)
    writer.release()
    shown = {}
    for smoothing in (0.0, 0.9):
        settings = video.VideoConfig(style="side_by_side", smoothing=smoothing)
        shown[smoothing] = _frames(video.predict(config(path), settings)[0])[5, :, 90:].astype(int)
    assert np.abs(shown[0.9] - shown[0.0]).mean() < 2


def test_max_frames(config, clip):
    assert video.predict(config(clip), video.VideoConfig(max_frames=3))[1] == 3


def test_a_video_that_ends_in_a_frame_gives_what_there_is(config, clip, tmp_path):
    data = pathlib.Path(clip).read_bytes()
    torn = tmp_path / "torn.avi"
    torn.write_bytes(data[: len(data) * 6 // 10])
    path, written, promised = video.predict(config(torn), video.VideoConfig())
    assert 0 < written < 12 == promised
    assert len(_frames(path)) == written


def test_ctrl_c_ends_a_camera_and_keeps_what_was_seen(config, clip, monkeypatch):
    class Camera:
        """The clip in a camera's place; at the sixth frame its owner presses Ctrl-C.

        It holds a capture and is none: a subclass of OpenCV's type crashes the garbage collection.
        """

        def __init__(self):
            self.clip = capture(clip)
            self.frames = 0

        def read(self):
            self.frames += 1
            if self.frames == 6:
                raise KeyboardInterrupt
            return self.clip.read()

        def __getattr__(self, name):
            return getattr(self.clip, name)

    capture = cv2.VideoCapture
    monkeypatch.setattr(cv2, "VideoCapture", lambda source: capture(source) if source else Camera())
    path, written, _ = video.predict(config("camera:0"), video.VideoConfig())
    monkeypatch.undo()
    assert written == 5
    assert path.endswith("camera0_overlay.mp4") and len(_frames(path)) == 5


def test_a_film_that_is_not_whole_is_no_result(config, clip, monkeypatch):
    path, _, _ = video.predict(config(clip), video.VideoConfig())
    before = pathlib.Path(path).read_bytes()
    write = video._write

    def full(*arguments):  # as a full disk leaves it
        written = write(*arguments)
        with open(arguments[4], "r+b") as file:
            file.truncate(4000)
        return written

    monkeypatch.setattr(video, "_write", full)
    with pytest.raises(OSError, match=r"cannot be written whole .* Received: \d+ of 12 frames"):
        video.predict(config(clip), video.VideoConfig())
    assert pathlib.Path(path).read_bytes() == before
    assert [p.name for p in pathlib.Path(path).parent.iterdir()] == ["clip_overlay.mp4"]


def test_a_camera_that_cannot_be_leaves_no_folder(config, tmp_path):
    with pytest.raises(ValueError, match=r"camera.* Received: 'camera:99999999999999'"):
        video.predict(config("camera:99999999999999"), video.VideoConfig())
    assert not (tmp_path / "out").exists()


def test_frames_too_small_for_a_video(config, tmp_path):
    path = str(tmp_path / "dot.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 25, (1, 1))
    writer.write(np.zeros((1, 1, 3), np.uint8))
    writer.release()
    with pytest.raises(ValueError, match=r"A video of 0x0 pixels cannot be written. Received"):
        video.predict(config(path), video.VideoConfig())
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("name", ["camera:97", "missing.mp4", "text.mp4"])
def test_what_cannot_be_opened(config, tmp_path, name):
    (tmp_path / "text.mp4").write_text("no video")
    source = name if name.startswith("camera") else tmp_path / name
    with pytest.raises(ValueError, match=r"(cannot be opened|no such video).*Received"):
        video.predict(config(source), video.VideoConfig())
    assert not list(tmp_path.rglob("*partial*"))


@pytest.mark.parametrize("field", [{"style": "x"}, {"smoothing": 1.0}, {"max_frames": -1}])
def test_wrong_settings(field):
    with pytest.raises(ValueError, match="Received"):
        video.VideoConfig(**field)


def test_what_counts_as_video():
    assert video.is_video("camera:0") and video.is_video("a/b.MP4")
    assert not video.is_video("camera") and not video.is_video("photo.jpg")
