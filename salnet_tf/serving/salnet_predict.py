"""Where people look in photos and films.

salnet-predict photo.jpg more/*.png folder/ film.mp4 [--output_dir=saliency]

Inputs are files, folders, globs, camera:NUMBER, or - for a photo on standard input.
"""

import os
import signal
import sys

from absl import flags

from salnet_tf import command_line
from salnet_tf.images import crop, render
from salnet_tf.serving import areas, photos, predictor, results, sources, tables

_OUTPUT_DIR = flags.DEFINE_string("output_dir", "saliency", "Gets the results, named after inputs.")
_MODEL = flags.DEFINE_string(
    "model",
    predictor.DEFAULT_MODEL,
    "Preset, .tflite, SavedModel folder, .keras, or training workdir.",
)
_FORMATS = flags.DEFINE_list(
    "formats",
    [],
    "Of a photo: npy (the density), log_npy (its logarithm), grey (a PNG of 256 levels), map (in "
    "colours), overlay, contour (of 25, 50, 75 % of it), json (focal point, peaks, regions, crop "
    "windows, areas); by default npy,map,overlay. Of a film: overlay, map and side_by_side, which "
    "are films, npy (one .npz), json and csv, with every frame; by default overlay.",
)
_RECURSIVE = flags.DEFINE_bool(
    "recursive", False, "Take folders with their sub-folders; results keep the tree."
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
    1e9,
)
_SIZE = flags.DEFINE_integer(
    "size", 2048, "Pixels of a density's longer side, at most, and of the pictures of it.", 1, 65535
)
_FULL_SIZE = flags.DEFINE_bool("full_size", False, "Densities as large as their photos, always.")
_CROP = flags.DEFINE_list(
    "crop",
    [],
    "Cut photos to where people look: WIDTH:HEIGHT (the largest such window) or WIDTHxHEIGHT "
    "(pixels), as in 1:1,16:9,200x200. The json tells the windows.",
)
_MIN_CROP = flags.DEFINE_integer(
    "min_crop", 0, "Refuse photos whose crop would have a side of fewer pixels.", 0, 65535
)
_ENLARGE = flags.DEFINE_bool("enlarge", False, "Allow crops of more pixels than the photo has.")
_AOIS = flags.DEFINE_string(
    "aois",
    None,
    "A csv of areas of interest (image,name,left,top,right,bottom in pixels; image * is every "
    "photo): writes areas.csv, the share of the looking in each.",
)
_TABLE = flags.DEFINE_enum(
    "table", "", ("", *tables.KINDS), "Write photos.csv or .parquet: a row of numbers per photo."
)
_THREADS = flags.DEFINE_integer(
    "threads", 0, "CPU threads of one run of the network; 0: its own.", 0, 1024
)
_WORKERS = flags.DEFINE_integer(
    "workers", 0, "Photos in work at once; 0: one more than CPUs.", 0, 1024
)
_SMOOTHING = flags.DEFINE_float(
    "smoothing", 0.7, "Film: weight of the past frames since a cut, 0 (none) up to, not with, 1."
)
_MAX_FRAMES = flags.DEFINE_integer(
    "max_frames", 0, "Film: frames to take; 0 for all (a camera's until Ctrl-C).", 0
)
_EVERY = flags.DEFINE_float("every", 0.0, "Film: seconds between frames; 0 takes all.", 0.0, 1e6)

_OF_FILMS = ("overlay",)


def main(argv):
    """Predict as the flags say; the exit code: 0, or 1 where some of the input failed."""
    inputs = argv[1:]
    if not inputs:
        raise ValueError("Name a photo, a folder, a glob or a film (--help lists the flags).")
    for ending in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        # What is half written is removed.
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    config = _photo_config()
    found = sources.find(inputs, config.output_dir, _RECURSIVE.value)
    _check_formats(found)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    network = predictor.load(_MODEL.value, _THREADS.value or None)
    done, failures = 0, {}
    if found.photos:
        done, failures = photos.predict(found.photos, network, config)
    if found.films:
        failures |= _predict_films(found.films, network, config)
    if found.photos or len(found.films) > 1:
        done += len(found.films) - sum(film.path in failures for film in found.films)
        print(f"{done} done, {len(failures)} failed -> {config.output_dir}")
    for path, reason in found.left_out.items():
        print(f"left out: {path}: {reason}", file=sys.stderr)
    for path, reason in failures.items():
        print(f"failed: {path}: {reason}", file=sys.stderr)
    return 1 if failures or found.left_out else 0


def run():
    """The console command `salnet-predict`."""
    command_line.run(main, needs_tensorflow=False, takes_inputs=True, module=sys.modules[__name__])


def _photo_config():
    """The flags as a `PhotoConfig`."""
    shapes = tuple(crop.parse_shape(text) for text in dict.fromkeys(_CROP.value))
    only_numbers = shapes or _AOIS.value or _TABLE.value
    formats = tuple(_FORMATS.value) or (() if only_numbers else results.DEFAULT_FORMATS)
    result = results.ResultConfig(
        formats=tuple(name for name in formats if name in results.FORMATS or not _is_film(name)),
        colour_map=_COLOUR_MAP.value,
        opacity=_OPACITY.value,
        peak=_PEAK.value,
        crops=shapes,
        enlarge=_ENLARGE.value,
        min_crop=_MIN_CROP.value,
        areas=areas.read(_AOIS.value) if _AOIS.value is not None else {},
        table=_TABLE.value,
        max_size=0 if _FULL_SIZE.value else _SIZE.value,
    )
    photo_config = photos.PhotoConfig(
        output_dir=_OUTPUT_DIR.value,
        result=result,
        threads=_THREADS.value,
        workers=_WORKERS.value,
        resume=_RESUME.value,
    )
    return photo_config


def _is_film(name):
    return name in results.FILM_FORMATS


def _check_formats(found):
    """Raise where photos or films were asked for in formats that they do not have."""
    asked = _FORMATS.value
    if asked and found.photos and not any(name in results.FORMATS for name in asked):
        raise ValueError(
            f"formats of a photo are {', '.join(results.FORMATS)}. Received: {','.join(asked)!r}"
        )
    if asked and found.films and not any(_is_film(name) for name in asked):
        raise ValueError(
            f"formats of a film are {', '.join(results.FILM_FORMATS)}. "
            f"Received: {','.join(asked)!r}"
        )
    if found.films and _RESUME.value:
        raise ValueError(f"resume is for photos. Received: {found.films[0].path!r}")


def _predict_films(sources_of_films, network, photo_config):
    """{path: why it failed} of those that did; says what was written."""
    from salnet_tf.serving import films  # photos start without it

    config = films.FilmConfig(
        formats=tuple(n for n in _FORMATS.value if _is_film(n)) or _OF_FILMS,
        smoothing=_SMOOTHING.value,
        max_frames=_MAX_FRAMES.value,
        every=_EVERY.value,
    )
    failures = {}
    for film in sources_of_films:
        try:
            written = films.predict(
                film, network, config, photo_config.result, photo_config.output_dir
            )
        except (ValueError, OSError) as error:
            failures[film.path] = photos.reason(film.path, error)
            continue
        for path in written.paths:
            print(f"{written.frames} frames -> {path}")
        if written.problem:
            failures[film.path] = written.problem
        if any(path.endswith(".webm") for path in written.paths):
            print(
                f"note: {film.path}: this system has no ffmpeg with libx264, so the film is VP9 "
                "in WebM and has no sound",
                file=sys.stderr,
            )
    return failures
