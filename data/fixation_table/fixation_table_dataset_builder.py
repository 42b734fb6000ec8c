"""Any folder `images/ + fixations.csv [+ splits.csv]` as a data set: a user's own recordings."""

import dataclasses
import functools
import itertools
import json
import pathlib
import re

import tensorflow_datasets as tfds

from data import drop_report, fixation_set, schema
from salnet_tf.fixations import names, table
from salnet_tf.fixations import reading as reading_lib
from salnet_tf.images import decode, listing

_SIZES = 50  # images whose size is looked at before any is read


@dataclasses.dataclass(eq=False)
class TableConfig(tfds.core.BuilderConfig):
    """A table: its name, its folder, and how its columns are read."""

    source: pathlib.Path | None = None
    reading: reading_lib.Reading = dataclasses.field(default_factory=reading_lib.Reading)

    def __post_init__(self):
        check_name(self.name)


def check_name(name):
    """Raise ValueError for a name that a folder of a prepared set cannot have."""
    if not re.fullmatch(r"\w[\w.-]{0,99}", name):
        raise ValueError(
            f"A table's name has up to 100 letters, digits, '_', '-' and '.'. Received: {name:.120}"
        )


class Builder(fixation_set.FixationSet):
    """One config per table, addressed as `fixation_table/<name>`."""

    def published(self):
        """images, observers and fixations of META.json, where the folder has one."""
        path = pathlib.Path(self.builder_config.source) / "META.json"
        if not path.is_file():
            return {}
        meta = read_object(path)
        return {key: meta[key] for key in ("images", "observers", "fixations") if key in meta}

    def max_loss(self):
        return self.builder_config.reading.max_loss

    def records(self, files):
        del files  # the folder is the user's
        config = self.builder_config
        splits, found = records(pathlib.Path(config.source), config.reading, self.dropped)
        self.notes += found.notes
        self.info.metadata["observer_names"] = found.observers
        self.info.metadata["pixels_per_degree"] = config.reading.pixels_per_degree
        return splits


def records(source, reading, dropped):
    """Everything a folder holds.

    Args:
        source: the folder.
        reading: a `Reading`.
        dropped: the `DropReport` that rows left out here go to.

    Returns:
        records: split -> list of `fixation_set.Record`; one split `train` without a splits.csv.
        table: the `Table`.
    """
    files, unread = listing.by_name(source / "images")
    for path, why in unread.items():
        dropped.drop_image(drop_report.UNREAD, pathlib.PurePath(path).name, detail=why)
    found = table.read(source, reading)
    found.match(files)
    found.check_units(_sizes(files))
    _report_dropped(found.rows, dropped)
    rows = found.rows[found.rows["dropped"] == ""]
    of_image = {name: group for name, group in rows.groupby("image", sort=False)}
    splits = splits_of(source / "splits.csv", files, dropped)
    for name in sorted(set(files).difference(*splits.values())):
        looks = _fixations(of_image.get(name, rows[:0]))
        dropped.drop_image(drop_report.NO_SPLIT, name, looks)
    return {
        split: [
            _record(name, files[name], of_image.get(name, rows[:0]), found.reading)
            for name in images
        ]
        for split, images in splits.items()
    }, found


def _record(name, path, rows, reading):
    return fixation_set.Record(
        image_id=name,
        read=pathlib.Path(path).read_bytes,
        fixations=_fixations(rows),
        sigma=reading.sigma,
        on_image=functools.partial(reading_lib.on_image, rows, reading),
        file_frame=reading.frame == "file",
    )


def splits_of(path, files, dropped):
    """Split -> image names, from splits.csv; all `train` where there is none."""
    if not path.is_file():
        return {"train": sorted(files, key=names.natural)}
    splits, missing = names.splits_of(path, files)
    for image in itertools.chain(*missing.values()):
        dropped.drop_image(drop_report.NO_IMAGE, image, detail=f"named in {path.name}")
    return splits


def _report_dropped(rows, dropped):
    for (reason, image), group in rows[rows["dropped"] != ""].groupby(
        ["dropped", "image"], sort=False
    ):
        if reason == table.NO_IMAGE:
            dropped.drop_image(reason, image, _fixations(group), "named in the table")
        else:
            dropped.drop_fixations(reason, image, _fixations(group))


def _sizes(files):
    """(height, width) of some of the images, as stored."""
    sizes = []
    for name in listing.spread(list(files), _SIZES):
        try:
            header = decode.read_header(pathlib.Path(files[name]).read_bytes())
        except (ValueError, OSError):  # told when it is read to be stored
            continue
        sizes.append((header.height, header.width))
    return sizes


def _fixations(rows):
    return schema.Fixations.of(
        rows["x"], rows["y"], rows["observer"], rows["order"], rows["duration"]
    )


def read_object(path):
    """A dict from a json file.

    Raises:
        ValueError: it holds something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path.name} must be json in UTF-8. Received: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} must hold one json object. Received: {found!r:.60}")
    return found
