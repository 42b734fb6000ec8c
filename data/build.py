"""Prepares a data set: `python -m data.build --dataset=synthetic --data_dir=DIR`.

A user's own folder: `python -m data.build --dataset=fixation_table --source=FOLDER --name=osie
--data_dir=DIR`, addressed as `fixation_table/osie` from then on.
"""

import pathlib
import sys

from absl import app, flags

from data import quiet

_DATASET = flags.DEFINE_string(
    "dataset", None, "The builder's folder in data/; NAME/CONFIG where it has configs."
)
_DATA_DIR = flags.DEFINE_string("data_dir", None, "Where prepared sets live.")
_SOURCE = flags.DEFINE_string("source", None, "fixation_table: folder images/ + fixations.csv.")
_NAME = flags.DEFINE_string("name", None, "fixation_table: the table's name; else the folder's.")
_MANUAL_DIR = flags.DEFINE_string("manual_dir", None, "Where archives fetched by hand lie.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace a set that is prepared already.")
_BAD_IMAGES = flags.DEFINE_enum(
    "bad_images", "stop", ["stop", "skip"], "What to do with images that do not decode."
)
_FIXATIONS = flags.DEFINE_string("fixations", "fixations.csv", "csv, tsv or parquet in --source.")
_COLUMNS = {
    field: flags.DEFINE_string(f"{field}_column", None, f"The table's column of {meaning}.")
    for field, meaning in {
        "image": "image file names; default image",
        "observer": "observers; default observer, all one where there is none",
        "order": "a fixation's place in its trial; default order, else the order of the rows",
        "x": "x; default x",
        "y": "y; default y",
        "duration": "durations; default duration_ms, else unknown",
    }.items()
}
_UNITS = flags.DEFINE_enum(
    "units", "pixels", ["pixels", "fraction"], "Of x and y; fraction: 0..1 of the image's sides."
)
_FIRST_PIXEL = flags.DEFINE_integer(
    "first_pixel", 0, "Coordinate of the first pixel: 0, or 1 as in MATLAB.", 0, 1
)
_OFFSET = flags.DEFINE_list(
    "offset", ["0", "0"], "x,y of the image's top left corner on the screen: subtracted first."
)
_SCALE = flags.DEFINE_list(
    "scale", ["1"], "Screen to image, one factor or x,y: multiplied after --offset is subtracted."
)
_FRAME = flags.DEFINE_enum(
    "frame",
    "upright",
    ["upright", "file"],
    "Photos that EXIF turns: fixations are on the upright photo, or on the file's own pixels.",
)
_SECONDS = flags.DEFINE_bool("seconds", False, "Durations are in seconds, not milliseconds.")
_SIGMA = flags.DEFINE_float(
    "sigma", None, "Ground-truth sigma in image pixels; default 0.03 of the longest side."
)
_PIXELS_PER_DEGREE = flags.DEFINE_float(
    "pixels_per_degree", None, "Of visual angle; without --sigma, sigma is one degree."
)
flags.mark_flags_as_required(["dataset", "data_dir"])


def main(argv):
    if argv[1:]:
        return _refused(f"flags only, as --flag=value. Received: {argv[1]!r}")
    quiet.start()  # TensorFlow loads after the flags are parsed: --help is quick
    from data import prepare

    name, _, config = _DATASET.value.partition("/")
    try:
        builder, path = prepare.prepare(
            name,
            _DATA_DIR.value,
            _table(config) if name == "fixation_table" else config or None,
            manual_dir=_MANUAL_DIR.value,
            overwrite=_OVERWRITE.value,
            bad_images=_BAD_IMAGES.value,
        )
    except (ValueError, OSError) as error:
        return _refused(error)
    print(f"{builder.info.full_name}: {_counts(builder.info.metadata['built'])}")
    print(f"dropped: {builder.dropped} (each is listed in {path / 'dropped.csv'})")
    print(f"prepared in {path}")
    return 0


def _refused(error):
    """Says what is wrong in one line; the exit code."""
    print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
    return 2


def _parse(argv):
    """absl's flags; a wrong one ends as any other bad input does."""
    try:
        return flags.FLAGS(argv)
    except flags.Error as error:
        sys.exit(_refused(f"{str(error).rstrip(' .')} (--helpshort lists the flags)"))


def _table(name):
    """The config of the user's own folder."""
    from data.fixation_table import fixation_table_dataset_builder, table

    if not _SOURCE.value:
        raise ValueError("fixation_table needs --source=FOLDER. Received: nothing")
    source = pathlib.Path(_SOURCE.value)
    reading = table.Reading(
        fixations=_FIXATIONS.value,
        columns={field: flag.value for field, flag in _COLUMNS.items() if flag.value},
        units=_UNITS.value,
        first_pixel=_FIRST_PIXEL.value,
        offset=_pair("offset", _OFFSET.value),
        scale=_pair("scale", _SCALE.value),
        frame=_FRAME.value,
        seconds=_SECONDS.value,
        sigma=_PIXELS_PER_DEGREE.value if _SIGMA.value is None else _SIGMA.value,
        pixels_per_degree=_PIXELS_PER_DEGREE.value,
    )
    return fixation_table_dataset_builder.TableConfig(
        name=name or _NAME.value or source.resolve().name, source=source, reading=reading
    )


def _pair(flag, values):
    """(x, y) of a flag that takes one number or two."""
    try:
        x, y = map(float, values * 2 if len(values) == 1 else values)
    except ValueError as error:
        raise ValueError(f"{flag} takes x,y. Received: {','.join(values)}") from error
    return x, y


def _counts(built):
    splits = ", ".join(f"{split} {count['images']}" for split, count in built["splits"].items())
    return (
        f"{built['images']} images ({splits}), {built['observers']} observers, "
        f"{built['fixations']} fixations"
    )


if __name__ == "__main__":
    app.run(main, flags_parser=_parse)
