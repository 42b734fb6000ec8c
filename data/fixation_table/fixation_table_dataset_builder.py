"""Any folder `images/ + fixations.csv [+ splits.csv]` as a data set: a user's own recordings."""

import dataclasses
import json
import pathlib
import re

import tensorflow_datasets as tfds

from data import fixation_set
from data.fixation_table import table


@dataclasses.dataclass(eq=False)
class TableConfig(tfds.core.BuilderConfig):
    """A table: its name, its folder, and how its columns are read."""

    source: pathlib.Path | None = None
    reading: table.Reading = dataclasses.field(default_factory=table.Reading)

    def __post_init__(self):
        if not re.fullmatch(r"\w[\w.-]*", self.name):
            raise ValueError(
                f"A table's name has letters, digits, '_', '-' and '.'. Received: {self.name}"
            )


class Builder(fixation_set.FixationSet):
    """One config per table, addressed as `fixation_table/<name>`."""

    def published(self):
        """images, observers and fixations of META.json, where the folder has one."""
        path = pathlib.Path(self.builder_config.source) / "META.json"
        if not path.is_file():
            return {}
        meta = _read_object(path)
        return {key: meta[key] for key in ("images", "observers", "fixations") if key in meta}

    def records(self, files):
        del files  # the folder is the user's
        config = self.builder_config
        source = pathlib.Path(config.source)
        splits, observers = table.records(source, config.reading, self.dropped)
        self.info.metadata["observer_names"] = observers
        self.info.metadata["pixels_per_degree"] = config.reading.pixels_per_degree
        return splits


def _read_object(path):
    """A dict from a json file.

    Raises:
        ValueError: it holds something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ValueError(f"{path.name} must be json in UTF-8. Received: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} must hold one json object. Received: {found!r:.60}")
    return found
