"""Any folder `images/ + maps/ [+ splits.csv]` as a data set: maps in place of fixations."""

import dataclasses
import pathlib

import tensorflow_datasets as tfds

from data import drop_report, fixation_set, schema
from data.fixation_table import fixation_table_dataset_builder as folder
from salnet_tf.images import listing, map_files


@dataclasses.dataclass(eq=False)
class MapConfig(tfds.core.BuilderConfig):
    """A folder of maps: its name and where it is."""

    source: pathlib.Path | None = None

    def __post_init__(self):
        folder.check_name(self.name)


class Builder(fixation_set.FixationSet):
    """One config per folder, addressed as `map_folder/<name>`."""

    HAS_MAPS = True

    def published(self):
        """The number of images of META.json, where the folder has one."""
        path = pathlib.Path(self.builder_config.source) / "META.json"
        meta = folder.read_object(path) if path.is_file() else {}
        return {"images": meta["images"]} if "images" in meta else {}

    def records(self, files):
        del files  # the folder is the user's
        source = pathlib.Path(self.builder_config.source)
        images, unread = listing.by_name(source / "images")
        for path, why in unread.items():
            name = pathlib.PurePath(path).name
            self.dropped.drop_image(drop_report.UNREAD, name, detail=why)
        maps = map_files.by_stem(source / "maps")
        splits = folder.splits_of(source / "splits.csv", images, self.dropped)
        for name in sorted(set(images).difference(*splits.values())):
            self.dropped.drop_image(drop_report.NO_SPLIT, name)
        return {split: list(self._records(names, images, maps)) for split, names in splits.items()}

    def _records(self, names, images, maps):
        for name in names:
            path = maps.get(map_files.stem(name))
            if path is None:
                self.dropped.drop_image(drop_report.NO_MAP, name)
                continue
            read = pathlib.Path(images[name]).read_bytes
            yield fixation_set.Record(name, read, schema.Fixations.of([], []), map_path=path)
