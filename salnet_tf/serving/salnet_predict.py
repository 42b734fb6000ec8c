"""Where people look in photos and videos.

salnet-predict --input=PHOTO_OR_VIDEO_OR_FOLDER_OR_GLOB_OR_camera:0 --output_dir=OUT
"""

import os
import signal
import sys

from absl import app, flags

from salnet_tf import command_line
from salnet_tf.images import crop, render
from salnet_tf.serving import photos, predictor, video

_INPUT = flags.DEFINE_string(
    "input", None, "A photo, a folder or a glob of photos, a video file, or camera:NUMBER."
)
_OUTPUT_DIR = flags.DEFINE_string("output_dir", None, "Gets the results, named after the photos.")
_MODEL = flags.DEFINE_string(
    "model",
    predictor.DEFAULT_MODEL,
    "Preset, .tflite, SavedModel folder, .keras, or training workdir.",
)
_FORMATS = flags.DEFINE_list(
    "formats",
    ["npy", "map", "overlay"],
    "Of a photo: npy (the density), map (in colours), overlay, contour (of 25, 50, 75 % of it), "
    "json (peaks as multiples of a uniform density, centre of mass, shares), crop (see --aspect).",
)
_RESUME = flags.DEFINE_bool(
    "resume", False, "Leave photos alone whose results are all there and not older."
)
_COLOUR_MAP = flags.DEFINE_enum("colour_map", "inferno", render.COLOUR_MAPS, "Colours.")
_OPACITY = flags.DEFINE_float("opacity", 0.6, "Of the overlay at its peak.", 0.0, 1.0)
_PEAK = flags.DEFINE_float(
    "peak",
    0.0,
    "Density, in multiples of a uniform one, that takes the top colour in every picture (say 20); "
    "0 gives each picture its own scale.",
    0.0,
)
_BOXES = flags.DEFINE_list(
    "boxes",
    [],
    "LEFT:TOP:RIGHT:BOTTOM in pixels; the json, one of the formats, tells each one's share.",
)
_ASPECT = flags.DEFINE_string("aspect", "1:1", "WIDTH:HEIGHT of the format crop.")
_THREADS = flags.DEFINE_integer(
    "threads", 0, "CPU threads of one run of the network; 0: its own.", 0
)
_WORKERS = flags.DEFINE_integer("workers", 0, "Photos in work at once; 0: one more than CPUs.", 0)
_VIDEO_STYLE = flags.DEFINE_enum("video_style", "overlay", video.STYLES, "What a video shows.")
_SMOOTHING = flags.DEFINE_float(
    "smoothing", 0.7, "Video: weight of the past frames since a cut, 0 (none) up to, not with, 1."
)
_MAX_FRAMES = flags.DEFINE_integer(
    "max_frames", 0, "Video: frames to take; 0 for all (a camera's until Ctrl-C).", 0
)

_OF_PHOTOS = ("formats", "boxes", "resume")
_KEY_FLAGS = list(flags.FLAGS.get_key_flags_for_module(__name__))
flags.mark_flags_as_required(["input", "output_dir"])


def main(argv):
    """Predict as the flags say; the exit code: 0, or 1 where some of the input failed."""
    if len(argv) > 1:
        raise ValueError(f"Flags only, as --flag=value. Received: {argv[1]!r}")
    for ending in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        # What is half written is removed.
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    is_video = video.is_video(_INPUT.value)
    of_photos = [name for name in _OF_PHOTOS if flags.FLAGS[name].present]
    if is_video and of_photos:
        raise ValueError(
            f"{', '.join(_OF_PHOTOS)} are for photos; for a video, see video_style. "
            f"Received: {', '.join(of_photos)} for {_INPUT.value}"
        )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    config = photos.PredictConfig(
        input=_INPUT.value,
        output_dir=_OUTPUT_DIR.value,
        model=_MODEL.value,
        formats=tuple(_FORMATS.value),
        threads=_THREADS.value,
        workers=_WORKERS.value,
        resume=_RESUME.value,
        colour_map=_COLOUR_MAP.value,
        opacity=_OPACITY.value,
        peak=_PEAK.value,
        boxes=tuple(_box(text) for text in _BOXES.value),
        aspect=crop.parse_aspect(_ASPECT.value),
    )
    if is_video:
        return _predict_video(config)
    done, failures = photos.predict(config)
    print(f"{done} done, {len(failures)} failed -> {config.output_dir}")
    for name in video.names_in(config.input):
        print(f"left out: {name}: a video is an input of its own", file=sys.stderr)
    for path, reason in failures.items():
        print(f"failed: {path}: {reason}", file=sys.stderr)
    return 1 if failures else 0


def run():
    """The console command `salnet-predict`: a wrong input ends in one line and exit code 2."""

    def guarded(argv):
        try:
            return main(argv)
        except (ValueError, OSError) as error:
            return command_line.refused(error)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return 130

    sys.modules["__main__"].__doc__ = __doc__  # what --help shows, with these flags
    for flag in _KEY_FLAGS:
        flags.FLAGS.register_key_flag_for_module(sys.argv[0], flag)
    app.run(guarded, flags_parser=command_line.parser())


def _predict_video(config):
    path, written, promised = video.predict(
        config, video.VideoConfig(_VIDEO_STYLE.value, _SMOOTHING.value, _MAX_FRAMES.value)
    )
    print(f"{written} frames -> {path}")
    if promised > written and not 0 < _MAX_FRAMES.value <= written:
        print(
            f"failed: {config.input}: ends early, {written} of {promised} frames can be read",
            file=sys.stderr,
        )
        return 1
    return 0


def _box(text):
    sides = text.split(":")
    if len(sides) != 4 or not all(side.isdecimal() for side in sides):
        raise ValueError(f"A box is LEFT:TOP:RIGHT:BOTTOM in pixels. Received: {text!r}")
    return tuple(int(side) for side in sides)
