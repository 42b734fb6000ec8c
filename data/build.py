"""Prepares a data set: `python -m data.build --dataset=synthetic --data_dir=DIR`.

A user's own folder: `python -m data.build --dataset=fixation_table --source=FOLDER --name=osie
--data_dir=DIR`, addressed as `fixation_table/osie` from then on.
"""

import pathlib
import sys

from absl import flags, logging

from salnet_tf import command_line
from salnet_tf.fixations import eye_trackers, reading

_DATASET = flags.DEFINE_string(
    "dataset", None, "The builder's folder in data/; NAME/CONFIG where it has configs."
)
_DATA_DIR = flags.DEFINE_string("data_dir", None, "Where prepared sets live.")
_SOURCE = flags.DEFINE_string(
    "source",
    None,
    "Your own folder: images/ + fixations.csv (fixation_table), or images/ + maps/ (map_folder).",
)
_NAME = flags.DEFINE_string("name", None, "Name of the set in --source; else the folder's.")
_MANUAL_DIR = flags.DEFINE_string("manual_dir", None, "Where archives fetched by hand lie.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace a set that is prepared already.")
_BAD_IMAGES = flags.DEFINE_enum(
    "bad_images", "stop", ["stop", "skip"], "What to do with images that do not decode."
)
_FIXATIONS = flags.DEFINE_string(
    "fixations", "fixations.csv", "The table in --source: csv, tsv, parquet or xlsx; or a glob."
)
_FORMAT = flags.DEFINE_enum(
    "format", "auto", ["auto", *eye_trackers.ALL], "The eye tracker that exported the table."
)
_COLUMNS = {
    field: flags.DEFINE_string(f"{field}_column", None, f"The table's column of {meaning}.")
    for field, meaning in {
        "image": "image file names; default image",
        "observer": "observers; default observer, else the file's name if there are several",
        "trial": "what keeps apart two looks of an observer at one image; default trial",
        "order": "a fixation's place in its trial; default order, else the order of the rows",
        "x": "x; default x",
        "y": "y; default y",
        "duration": "durations; default duration_ms, else unknown",
        "eye": "which eye; default eye",
    }.items()
}
_IMAGE = flags.DEFINE_string("image", None, "The one image of all rows, if no column names it.")
_ROWS = flags.DEFINE_multi_string(
    "rows", [], "COLUMN=VALUE[,VALUE] of the rows that are fixations; may be given several times."
)
_EYE = flags.DEFINE_enum("eye", None, reading.EYES, "The eye to take, if there are rows of both.")
_DROP_FIRST = flags.DEFINE_bool("drop_first", False, "Leave out every trial's first fixation.")
_REPEATS = flags.DEFINE_enum(
    "repeats",
    "refuse",
    reading.REPEATS,
    "Rows that seem to repeat a fixation: stop, join them, or take each for a fixation.",
)
_UNITS = flags.DEFINE_enum(
    "units", None, reading.UNITS,
    "Of x and y; default pixels, or as the format says. fraction (0..1) and percent are of the "
    "screen if --screen is given, else of the image.",
)  # fmt: skip
_SCREEN = flags.DEFINE_list("screen", None, "width,height of the screen, pixels.")
_Y_UP = flags.DEFINE_bool("y_up", None, "y grows upwards; default as the format says.")
_FIRST_PIXEL = flags.DEFINE_integer(
    "first_pixel", 0, "Coordinate of the first pixel: 0, or 1 as in MATLAB.", 0, 1
)
_OFFSET = flags.DEFINE_list(
    "offset",
    None,
    "x,y of the image's top left corner on the screen, subtracted first; or centred, for images "
    "in the middle of --screen.",
)
_SCALE = flags.DEFINE_list(
    "scale", ["1"], "Screen to image, one factor or x,y: multiplied after --offset is subtracted."
)
_FRAME = flags.DEFINE_enum(
    "frame",
    "upright",
    reading.FRAMES,
    "Photos that EXIF turns: fixations are on the upright photo, or on the file's own pixels.",
)
_SECONDS = flags.DEFINE_bool("seconds", None, "Durations are in seconds, not milliseconds.")
_SIGMA = flags.DEFINE_float(
    "sigma", None, "Ground-truth sigma in image pixels; default 0.03 of the longest side."
)
_PIXELS_PER_DEGREE = flags.DEFINE_float(
    "pixels_per_degree", None, "Of visual angle; without --sigma, sigma is one degree."
)
_MAX_LOSS = flags.DEFINE_float(
    "max_loss", 0.1, "Share of a table's fixations that may be left out.", 0, 1
)
flags.mark_flags_as_required(["dataset", "data_dir"])


def main(argv):
    del argv
    # TensorFlow loads after the flags are parsed: --help is quick.
    import tensorflow_datasets as tfds

    from data import fixation_set, prepare

    if not flags.FLAGS["verbosity"].present:
        logging.set_verbosity(logging.ERROR)
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    if not _DATA_DIR.value:
        raise ValueError("--data_dir must be a folder. Received: ''")
    name, _, config = _DATASET.value.partition("/")
    builder, path = prepare.prepare(
        name,
        _DATA_DIR.value,
        _own(name, config) or config or None,
        manual_dir=_MANUAL_DIR.value,
        overwrite=_OVERWRITE.value,
        bad_images=_BAD_IMAGES.value,
    )
    print(f"{builder.info.full_name}: {_counts(builder.info.metadata['built'])}")
    for note in builder.notes:
        print(note)
    print(f"dropped: {builder.dropped} (each is listed in {path / 'dropped.csv'})")
    print(f"prepared in {path}; look at {path / fixation_set.PICTURE} before you train on it")


def _own(dataset, name):
    """The config of the user's own folder; None of another data set."""
    if dataset not in ("fixation_table", "map_folder"):
        return None
    if not _SOURCE.value:
        raise ValueError(f"{dataset} needs --source=FOLDER. Received: nothing")
    source = pathlib.Path(_SOURCE.value)
    name = name or _NAME.value or source.resolve().name
    if dataset == "fixation_table":
        return _table(name, source)
    from data.map_folder import map_folder_dataset_builder

    return map_folder_dataset_builder.MapConfig(name=name, source=source)


def _table(name, source):
    """The config of a folder with a table."""
    from data.fixation_table import fixation_table_dataset_builder

    offset = _OFFSET.value
    how = reading.Reading(
        fixations=_FIXATIONS.value,
        format=_FORMAT.value,
        columns={field: flag.value for field, flag in _COLUMNS.items() if flag.value},
        image=_IMAGE.value,
        rows=dict(map(_selection, _ROWS.value)),
        eye=_EYE.value,
        drop_first=_DROP_FIRST.value,
        repeats=_REPEATS.value,
        units=_UNITS.value,
        screen=_pair("screen", _SCREEN.value),
        first_pixel=_FIRST_PIXEL.value,
        offset="centred" if offset in (["centred"], ["centered"]) else _pair("offset", offset),
        scale=_pair("scale", _SCALE.value),
        y_up=_Y_UP.value,
        frame=_FRAME.value,
        seconds=_SECONDS.value,
        sigma=_PIXELS_PER_DEGREE.value if _SIGMA.value is None else _SIGMA.value,
        pixels_per_degree=_PIXELS_PER_DEGREE.value,
        max_loss=_MAX_LOSS.value,
    )
    return fixation_table_dataset_builder.TableConfig(name=name, source=source, reading=how)


def _selection(text):
    """(column, values) of `COLUMN=VALUE,VALUE`."""
    column, equals, values = text.partition("=")
    if not equals or not column:
        raise ValueError(f"rows takes COLUMN=VALUE. Received: {text}")
    return column, tuple(values.split(","))


def _pair(flag, values):
    """(x, y) of a flag that takes one number or two; None of one that is not given."""
    if values is None:
        return None
    try:
        x, y = map(float, values * 2 if len(values) == 1 else values)
    except ValueError as error:
        raise ValueError(f"{flag} takes x,y. Received: {','.join(values)}") from error
    return x, y


def _counts(built):
    splits = ", ".join(f"{split} {count['images']}" for split, count in built["splits"].items())
    truth = f"{built['observers']} observers, {built['fixations']} fixations"
    if not built["observers"]:
        truth = "a saliency map each"
    return f"{built['images']} images ({splits}), {truth}"


if __name__ == "__main__":
    command_line.run(main)
