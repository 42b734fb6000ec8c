"""Predict a video file or a camera: a density per frame, smoothed in time, drawn into a video."""

import contextlib
import dataclasses
import itertools
import os
import re

import cv2
import numpy as np
import tqdm

from salnet_tf import files, quiet
from salnet_tf.images import render
from salnet_tf.serving import photos, predictor, shots

EXTENSIONS = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v")
STYLES = ("overlay", "side_by_side")


@dataclasses.dataclass(frozen=True)
class VideoConfig:
    """How to show a video.

    Args:
        style: of `STYLES`.
        smoothing: weight of the past in the running average of densities, 0 (none) up to 1; a cut
            in the film begins a new one.
        max_frames: frames to take; 0 for all (a camera has no end).
    """

    style: str = "overlay"
    smoothing: float = 0.7
    max_frames: int = 0

    def __post_init__(self):
        if self.style not in STYLES:
            raise ValueError(f"style must be one of {', '.join(STYLES)}. Received: {self.style!r}")
        if not 0 <= self.smoothing < 1 or self.max_frames < 0:
            raise ValueError(
                "smoothing must be 0 up to 1 and max_frames 0 or more. Received: "
                f"{self.smoothing}, {self.max_frames}"
            )


def is_video(source):
    """True for a video file's name and for `camera:NUMBER`."""
    return bool(re.fullmatch(r"camera:\d+", source)) or source.lower().endswith(EXTENSIONS)


def names_in(folder):
    """The video files that lie in a folder, sorted; none where it is no folder."""
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [name for name in names if name.lower().endswith(EXTENSIONS)]


def predict(config, video_config):
    """Predict every frame of `config.input` and write `STEM_STYLE.mp4`; Ctrl-C ends a camera.

    Args:
        config: a `folder.PredictConfig` (model, colours, output_dir are used).
        video_config: a `VideoConfig`.

    Returns:
        (path of the video written, frames in it, frames that the file promised or 0).

    Raises:
        ValueError: no such camera or video, or not one frame in it.
        OSError: the film cannot be written whole, as on a full disk; what was there stays.
    """
    network = predictor.load(config.model, config.threads or None)
    stem = os.path.splitext(os.path.basename(config.input))[0].replace(":", "")
    path = os.path.join(config.output_dir, f"{stem}_{video_config.style}.mp4")
    with _opened(config.input) as capture:
        promised = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        rate = capture.get(cv2.CAP_PROP_FPS) or 25.0
        total = min(filter(None, (promised, video_config.max_frames)), default=None)
        frames = _frames(capture)
        first = next(frames, None)
        if first is None:
            raise ValueError(f"Not one frame can be read. Received: {config.input!r}")
        frames = itertools.chain([first], frames)
        frames = tqdm.tqdm(frames, total=total, unit="frame", disable=None)
        photos.make_folder(config.output_dir)
        with files.new_file(path) as partial:
            written = _write(frames, network, config, video_config, partial, rate)
            _check_whole(partial, written)
    return path, written, promised


@contextlib.contextmanager
def _opened(source):
    """The capture behind a file or `camera:NUMBER`."""
    is_camera = source.startswith("camera:")
    if not is_camera and not os.path.isfile(source):
        raise ValueError(f"There is no such video. Received: {source!r}")
    try:
        with quiet.silent_stderr():
            capture = cv2.VideoCapture(int(source.removeprefix("camera:")) if is_camera else source)
    except cv2.error as error:
        raise ValueError(f"No camera has such a number. Received: {source!r}") from error
    try:
        if not capture.isOpened():
            kind = "camera" if is_camera else "video"
            raise ValueError(f"The {kind} cannot be opened. Received: {source!r}")
        yield capture
    finally:
        capture.release()


def _frames(capture):
    """RGB frames until the end, or until one cannot be read."""
    while True:
        with quiet.silent_stderr():  # the decoder's complaints about a torn frame
            read, frame = capture.read()
        if not read:
            return
        yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)


def _write(frames, network, config, video_config, path, rate):
    """Draw frames into a video at `path`; the number of them."""
    writer, written = None, 0
    average = shots.ShotAverage(video_config.smoothing)
    try:
        for frame in frames:
            density = average.add(frame, network.predict(frame))
            drawn = _drawn(frame, density, config, video_config.style)
            if writer is None:
                size = drawn.shape[1::-1]
                writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"mp4v"), rate, size)
                if not writer.isOpened():
                    raise ValueError(
                        f"A video of {size[0]}x{size[1]} pixels cannot be written. "
                        f"Received: {config.input!r}"
                    )
            with quiet.silent_stderr():  # `_check_whole` says it once
                writer.write(cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))
            written += 1
            if written == video_config.max_frames:
                break
    except KeyboardInterrupt:
        if not config.input.startswith("camera:"):
            raise
    finally:
        if writer is not None:
            with quiet.silent_stderr():
                writer.release()
    return written


def _check_whole(path, written):
    """OpenCV does not say when a film cannot be written: does it hold what went into it?"""
    with quiet.silent_stderr():
        film = cv2.VideoCapture(path)
        held = int(film.get(cv2.CAP_PROP_FRAME_COUNT)) if film.isOpened() else 0
        film.release()
    if held != written:
        raise OSError(
            f"The film cannot be written whole (is the disk full?). Received: {held} of {written} "
            "frames"
        )


def _drawn(frame, density, config, style):
    """A frame of the output, its sides even as video coders want them."""
    colours = {"colour_map": config.colour_map, "peak": config.peak or None}
    if style == "overlay":
        drawn = render.overlay(frame, density, opacity=config.opacity, **colours)
    else:
        drawn = np.hstack([frame, render.heat_map(density, **colours)])
    return drawn[: drawn.shape[0] // 2 * 2, : drawn.shape[1] // 2 * 2]
