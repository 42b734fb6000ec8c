"""Prepared data sets, read without the code that built them."""

import dataclasses

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from salnet_tf.images import map_files
from salnet_tf.pipeline import sigma as sigma_lib


@dataclasses.dataclass(frozen=True)
class Example:
    """One photo and its fixations, as prepared.

    `image` is the stored file's bytes; `fixations` a dict of arrays [n]: x, y in pixels
    (continuous, 0-based), observer, order, duration in ms or -1; `sigma` the ground-truth sigma in
    pixels; `saliency_map` `[h, w]` float32 over the image, 1 at its peak, in a set of maps, which
    has no fixations; None in others.
    """

    image_id: str
    image: bytes
    fixations: dict
    sigma: float
    saliency_map: np.ndarray | None = None

    @property
    def xy(self):
        """`[n, 2]` float32: x, y in pixels."""
        return np.stack([self.fixations["x"], self.fixations["y"]], axis=-1).astype(np.float32)


def open_set(dataset, data_dir):
    """The read-only TFDS builder of a prepared set, its newest version.

    Args:
        dataset: `name` or `name/config`, e.g. `synthetic`, `fixation_table/osie`.
        data_dir: where `python -m data.build` prepared it (any path `tf.io.gfile` reads).

    Raises:
        ValueError: nothing is prepared under this name.
    """
    pattern = tf.io.gfile.join(data_dir, *dataset.split("/"), "*", "features.json")
    found = [path.rsplit("/", 1)[0] for path in tf.io.gfile.glob(pattern)]
    if not found:
        raise ValueError(
            f"No prepared data set of this name in {data_dir} (`python -m data.build` makes one; "
            f"prepared: {', '.join(prepared_sets(data_dir)) or 'none'}). "
            f"Received: {dataset!r}"
        )
    newest = max(found, key=lambda path: [int(n) for n in path.rsplit("/", 1)[1].split(".")])
    return tfds.builder_from_directory(newest)


def open_split(dataset, split, data_dir):
    """As `open_set`, of a set that has this split.

    Raises:
        ValueError: unknown set or split.
    """
    builder = open_set(dataset, data_dir)
    if split not in builder.info.splits:
        raise ValueError(
            f"Data set {dataset} has the splits {', '.join(builder.info.splits)}. "
            f"Received: {split!r}"
        )
    return builder


def prepared_sets(data_dir):
    """Names of all prepared sets in `data_dir`, sorted."""
    names = set()
    for depth in ("*/*", "*/*/*"):
        for path in tf.io.gfile.glob(tf.io.gfile.join(data_dir, depth, "features.json")):
            names.add(path.removeprefix(str(data_dir)).strip("/").rsplit("/", 2)[0])
    return sorted(names)


def sigma_rule(text, dataset, data_dir):
    """A function: sigma of an image as prepared, in pixels -> the one to use.

    Args:
        text: `24px` (pixels of the image), `1deg` (of visual angle), or empty for the set's own.
        dataset: full name of a prepared set.
        data_dir: where it is prepared.

    Raises:
        ValueError: another text; degrees, and the set does not state its pixels per degree.
    """
    if not text:
        return lambda own: own
    sigma, unit = sigma_lib.parse(text)
    if unit == "px":
        return lambda own: sigma
    per_degree = dict(open_set(dataset, data_dir).info.metadata or {}).get("pixels_per_degree")
    if not per_degree:
        raise ValueError(
            f"{dataset} does not state its pixels per degree of visual angle; sigma must be in "
            f"pixels. Received: {text!r}"
        )
    return lambda own: sigma * per_degree


def examples(dataset, split, data_dir, shard=(0, 1)):
    """Iterate over a split's `Example`s in stored order.

    Args:
        dataset: full name of a prepared set.
        split: one of its splits.
        data_dir: where it is prepared.
        shard: (index, count): reads the index-th of count parts of one size, and no more.

    Raises:
        ValueError: unknown set or split.
    """
    builder = open_split(dataset, split, data_dir)
    index, count = shard
    if count > 1:
        split = tfds.even_splits(split, count, drop_remainder=True)[index]
    pictures = {"image", "saliency_map"} & set(builder.info.features)
    decoders = dict.fromkeys(pictures, tfds.decode.SkipDecoding())
    records = builder.as_dataset(split=split, decoders=decoders)
    for record in records.as_numpy_iterator():
        yield Example(
            record["image_id"].decode(),
            record["image"],
            record["fixations"],
            float(record["sigma"]),
            map_files.read_stored(record["saliency_map"]) if "saliency_map" in record else None,
        )
