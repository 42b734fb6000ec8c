"""Film files: frames out of what OpenCV opens, and into what browsers play."""

import contextlib
import dataclasses
import functools
import os
import shutil
import tempfile

import cv2
import numpy as np

from salnet_tf import quiet
from salnet_tf.images import decode

_DEFAULT_RATE = 25.0
_MOST_ANIMATED = 100_000_000  # pixels of all pictures of an animation, which are decoded at once
_ANIMATIONS = (".gif", ".webp")


@dataclasses.dataclass(frozen=True)
class Film:
    """A film that is open.

    Attributes:
        frames: iterator of (seconds since its start, function that gives `[H, W, 3]` uint8 RGB):
            a frame that is passed over costs little.
        rate: frames per second.
        count: frames that its file promises; 0 where that is not known.
        has_file: whether its sound can be read from its path.
    """

    frames: object
    rate: float
    count: int
    has_file: bool


@contextlib.contextmanager
def opened(path):
    """The `Film` behind a path or `camera:NUMBER`, as wide as it is to be shown.

    Raises:
        ValueError: there is none, or it cannot be opened.
    """
    is_camera = path.startswith("camera:")
    if not is_camera and not os.path.isfile(path):
        raise ValueError(f"There is no such film. Received: {path!r}")
    if path.lower().endswith(_ANIMATIONS):
        yield _animation(path)
        return
    try:
        with quiet.silent_stderr():
            capture = cv2.VideoCapture(int(path.removeprefix("camera:")) if is_camera else path)
    except cv2.error as error:
        raise ValueError(f"No camera has such a number. Received: {path!r}") from error
    try:
        if not capture.isOpened():
            kind = "camera" if is_camera else "film"
            raise ValueError(f"The {kind} cannot be opened. Received: {path!r}")
        rate = capture.get(cv2.CAP_PROP_FPS)
        rate = rate if 0 < rate <= 1000 else _DEFAULT_RATE
        count = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        yield Film(_captured(capture, rate), rate, count, not is_camera)
    finally:
        capture.release()


def _captured(capture, rate):
    """Frames until the end, or until one cannot be read."""
    stretch = _stretch(capture)

    def retrieve():
        with quiet.silent_stderr():  # the decoder's complaints about a torn frame
            frame = capture.retrieve()[1]
        if stretch != 1:
            width = max(1, round(frame.shape[1] * stretch))
            frame = cv2.resize(frame, (width, frame.shape[0]), interpolation=cv2.INTER_LINEAR)
        return cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)

    number, last = 0, -1.0
    while True:
        with quiet.silent_stderr():
            if not capture.grab():
                return
            told = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        seconds = told if told > last else last + 1 / rate
        yield (seconds if number else 0.0), retrieve
        number, last = number + 1, max(seconds, 0.0) if number else 0.0


def _stretch(capture):
    """How much wider than stored a film is shown (its pixels are not square)."""
    wide, tall = (capture.get(p) for p in (cv2.CAP_PROP_SAR_NUM, cv2.CAP_PROP_SAR_DEN))
    ratio = wide / tall if wide > 0 and tall > 0 else 1.0
    return ratio if 0.1 < ratio < 10 else 1.0


def _animation(path):
    """The `Film` of an animated GIF or WebP; its pictures over white."""
    with quiet.silent_stderr():
        count = cv2.imcount(path)
        first = cv2.imread(path, cv2.IMREAD_COLOR) if count else None
        pixels = 0 if first is None else count * first.shape[0] * first.shape[1]
        if pixels > _MOST_ANIMATED:
            raise ValueError(
                f"An animation may have {_MOST_ANIMATED} pixels in all its pictures; make a film "
                f"(.mp4) of it. Received: {path!r}, {count} pictures, {pixels} pixels"
            )
        read, animation = cv2.imreadanimation(path) if pixels else (False, None)
    if not read or not len(animation.frames):
        raise ValueError(f"The animation cannot be decoded. Received: {path!r}")
    lengths = [max(10, int(one)) for one in np.ravel(animation.durations)]
    starts = np.concatenate([[0], np.cumsum(lengths)]) / 1000
    frames = (
        (float(start), functools.partial(_shown, frame))
        for start, frame in zip(starts, animation.frames, strict=False)
    )
    rate = len(lengths) / starts[-1]
    return Film(frames, float(rate), len(animation.frames), False)


def _shown(frame):
    """A picture of an animation, BGR or BGRA -> RGB."""
    if frame.shape[2] == 4:
        return decode.over_white(cv2.cvtColor(frame, cv2.COLOR_BGRA2RGBA))
    return cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)


@functools.cache
def ffmpeg():
    """(path of the system's ffmpeg, its H.264 encoder); None without either."""
    path = shutil.which("ffmpeg")
    if not path:
        return None
    import subprocess

    try:
        said = subprocess.run(
            [path, "-hide_banner", "-encoders"], capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return None
    names = [line.split()[1] for line in said.splitlines() if len(line.split()) > 1]
    encoder = next((n for n in ("libx264", "libopenh264") if n in names), None)
    return (path, encoder) if encoder else None


def ending():
    """Of the films written here: `.mp4` (H.264), or `.webm` (VP9) without ffmpeg."""
    return ".mp4" if ffmpeg() else ".webm"


def open_writer(path, size, rate, sound="", seconds=None):
    """A writer of a film that browsers play: `write(frame)` of RGB frames, `close()`, `abort()`.

    Args:
        path: ends in `ending()`.
        size: (width, height), both even.
        rate: frames per second.
        sound: path of the film whose sound it gets; only ffmpeg copies it.
        seconds: of that sound; None for all.

    Raises:
        ValueError: a film of this size cannot be written.
    """
    if min(size) < 2:
        raise ValueError(f"A film needs 2x2 pixels. Received: {size[0]}x{size[1]}")
    return (
        _FfmpegWriter(path, size, rate, sound, seconds)
        if ffmpeg()
        else _Vp9Writer(path, size, rate)
    )


class _FfmpegWriter:
    """H.264 and AAC in MP4, through the system's ffmpeg."""

    def __init__(self, path, size, rate, sound, seconds):
        import subprocess

        program, encoder = ffmpeg()
        command = [program, "-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
        command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}"]
        command += ["-r", f"{rate:.6f}", "-i", "pipe:0"]
        if sound:
            command += ["-t", f"{seconds:.6f}"] if seconds else []
            command += ["-i", f"file:{sound}", "-map", "0:v:0", "-map", "1:a:0?", "-c:a", "aac"]
        command += [
            "-c:v",
            encoder,
            "-pix_fmt",
            "yuv420p",
            "-movflags",
            "+faststart",
            f"file:{path}",
        ]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._said
        )

    def write(self, frame):
        try:
            self._process.stdin.write(np.ascontiguousarray(frame).data)
        except BrokenPipeError:
            self.close()

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        failed = self._process.wait()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()
        self._said.close()
        if failed:
            raise OSError(f"ffmpeg cannot write the film: {said[-1] if said else failed}")

    def abort(self):
        self._process.kill()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._said.close()


class _Vp9Writer:
    """VP9 in WebM, through OpenCV's own libraries; no sound."""

    def __init__(self, path, size, rate):
        self._path, self._size, self._written = path, size, 0
        with quiet.silent_stderr():
            self._writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"VP90"), rate, size)
        if not self._writer.isOpened():
            raise ValueError(f"A film of {size[0]}x{size[1]} pixels cannot be written.")

    def write(self, frame):
        with quiet.silent_stderr():  # `close` says it once
            self._writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        self._written += 1

    def close(self):
        """OpenCV does not say when a film cannot be written: does it hold what went into it?"""
        self.abort()
        with quiet.silent_stderr():
            film = cv2.VideoCapture(self._path)
            held = int(film.get(cv2.CAP_PROP_FRAME_COUNT)) if film.isOpened() else 0
            film.release()
        if abs(held - self._written) > 1:  # the count is a duration, rounded
            raise OSError(
                "The film cannot be written whole (is the disk full?). "
                f"Received: {held} of {self._written} frames"
            )

    def abort(self):
        with quiet.silent_stderr():
            self._writer.release()
