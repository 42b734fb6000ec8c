"""Prepares a data set: `python -m data.build --dataset=synthetic --data_dir=DIR`.

A user's own folder: `python -m data.build --dataset=fixation_table --source=FOLDER --name=osie
--data_dir=DIR`, addressed as `fixation_table/osie` from then on.
"""

import pathlib

from absl import app, flags

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
flags.mark_flags_as_required(["dataset", "data_dir"])


def main(argv):
    if argv[1:]:
        raise app.UsageError(f"This command takes flags only. Received: {argv[1:]}")
    from data import prepare  # TensorFlow loads after the flags are parsed: --help is quick

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
        raise SystemExit(f"error: {error}") from error
    print(f"{builder.info.full_name}: {_counts(builder.info.metadata['built'])}")
    print(f"dropped: {builder.dropped} (all rows: {path / 'dropped.csv'})")
    print(f"prepared in {path}")


def _table(name):
    """The config of the user's own folder."""
    from data.fixation_table import fixation_table_dataset_builder

    if not _SOURCE.value:
        raise SystemExit("error: fixation_table needs --source=FOLDER. Received: nothing")
    source = pathlib.Path(_SOURCE.value)
    return fixation_table_dataset_builder.TableConfig(
        name=name or _NAME.value or source.resolve().name, source=source
    )


def _counts(built):
    splits = ", ".join(f"{split} {count['images']}" for split, count in built["splits"].items())
    return (
        f"{built['images']} images ({splits}), {built['observers']} observers, "
        f"{built['fixations']} fixations"
    )


if __name__ == "__main__":
    app.run(main)
