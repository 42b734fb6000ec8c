"""What all builders share: images made fit to store, fixations checked, everything counted."""

import collections
import dataclasses
import functools
import pathlib
from collections.abc import Callable

import numpy as np
import tensorflow_datasets as tfds

from data import archives, drop_report, picture, prepared_image, schema
from salnet_tf.fixations import losses
from salnet_tf.images import decode, map_files

PICTURE = "first_images.png"
_DRAWN = 3
_LOOKED_AT = 200


def published_counts(images=None, observers=None, fixations=None, **splits):
    """What a set's authors state; what they do not is left out. `splits`: images of each."""
    counts = {"images": images, "observers": observers, "fixations": fixations, "splits": splits}
    return {key: count for key, count in counts.items() if count}


@dataclasses.dataclass(frozen=True)
class Record:
    """Raw truth of one image as its source has it.

    Attributes:
        image_id: unique in the set; the file name without its folder.
        read: returns the image file's bytes.
        fixations: `schema.Fixations`, in pixels of the image.
        sigma: ground-truth sigma in pixels of the image; None for the set's own rule.
        on_image: function of the image's (height, width) -> the fixations' `[n, 2]` x and y in its
            pixels; None where `fixations` has them.
        file_frame: the coordinates are of the pixels as the file stores them (MATLAB, which most
            sets were recorded with, shows those), not of the photo that EXIF turns upright.
        map_path: in a set of maps, the file of the saliency map, which covers the upright image.
    """

    image_id: str
    read: Callable[[], bytes]
    fixations: schema.Fixations
    sigma: float | None = None
    on_image: Callable[[tuple[int, int]], np.ndarray] | None = None
    file_frame: bool = True
    map_path: pathlib.Path | None = None


class FixationSet(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """A builder of `Record`s: subclasses give `SOURCES`, `records`, `PUBLISHED` and, where they are
    known, `SIGMA` and `PIXELS_PER_DEGREE`."""

    VERSION = tfds.core.Version("1.0.0")
    PUBLISHED = None  # what its authors state, made by `published_counts`
    SOURCES = ()
    SIGMA = None  # pixels; None for 0.03 of the longest side
    PIXELS_PER_DEGREE = None  # of visual angle
    HAS_MAPS = False  # whether the truth is a saliency map for each image, without fixations
    MAX_LOSS = 1.0  # share of the fixations that may be on no image

    def __init__(self, *, bad_images="stop", **kwargs):
        """As TFDS, and what to do with images that do not decode: "stop" or "skip"."""
        if bad_images not in ("stop", "skip"):
            raise ValueError(f"bad_images must be stop or skip. Received: {bad_images}")
        self._bad_images = bad_images
        self.dropped = drop_report.DropReport()
        self.notes = []  # what `records` has to say
        self.kept = collections.defaultdict(lambda: {"images": 0, "fixations": 0, "empty": 0})
        self._observers, self._image_ids = set(), set()
        self._samples = []  # for the picture: name, bytes, all fixations
        self._sizes, self._places = [], []  # to say why fixations lie outside
        super().__init__(**kwargs)

    def sources(self):
        """`archives.Source` of the files this config is published in."""
        return self.SOURCES

    def records(self, files):
        """The set's raw truth.

        Args:
            files: source name -> path, checked, of all `sources`.

        Returns:
            Split name -> iterable of `Record`. What is left out goes to `self.dropped`.
        """
        raise NotImplementedError

    def _info(self):
        metadata = {
            "published": self.published(),
            "pixels_per_degree": self.PIXELS_PER_DEGREE,
        }
        return self.dataset_info_from_configs(
            features=schema.features(self.HAS_MAPS), metadata=tfds.core.MetadataDict(metadata)
        )

    def published(self):
        """The counts its authors state, as `published_counts` makes them."""
        return self.PUBLISHED or {}

    def _log_download_bytes(self):
        """TFDS would print sizes it does not know."""

    def _log_download_done(self):
        """TFDS would print the folder that `prepare` is about to move."""

    def _split_generators(self, dl_manager):
        manual_dir = dl_manager._manual_dir  # the property demands that it exists
        download = functools.partial(archives.download, dl_manager)
        files = {
            source.name: archives.obtain(source, manual_dir, download) for source in self.sources()
        }
        splits = self.records(files)
        return {split: self._generate_examples(split, splits[split]) for split in splits}

    def _generate_examples(self, split, records):
        for record in records:
            if record.image_id in self._image_ids:
                raise ValueError(f"Two images have one name. Received: {record.image_id}")
            self._image_ids.add(record.image_id)
            try:
                stored = prepared_image.from_file(record.read())
                found = _map_png(record, stored) if self.HAS_MAPS else None
            except (ValueError, OSError) as error:
                self.dropped.drop_image(
                    drop_report.BAD_IMAGE, record.image_id, record.fixations, str(error)
                )
                continue
            example = self._example(split, record, stored)
            if self.HAS_MAPS:
                self._look_at_map(record.image_id, stored.data, found)
                example["saliency_map"] = found
            yield record.image_id, example

    def _look_at_map(self, image_id, data, png):
        if len(self._samples) < _DRAWN:
            self._samples.append((image_id, data, np.zeros((0, 2)), map_files.read_stored(png)))

    def _example(self, split, record, stored):
        fixations = self._checked(record, stored)
        count = self.kept[split]
        count["images"] += 1
        count["fixations"] += len(fixations)
        count["empty"] += not len(fixations)
        self._observers.update(fixations.observer.tolist())
        sigma = record.sigma or self.SIGMA
        return {
            "image": stored.data,
            "image_id": record.image_id,
            "fixations": fixations.as_example(),
            "sigma": sigma or schema.SIGMA_OF_LONGEST_SIDE * max(stored.height, stored.width),
        }

    def _checked(self, record, stored):
        """The fixations inside the stored image; the others go to the report."""
        fixations = _in_pixels(record, stored)
        places = np.stack([fixations.x, fixations.y], axis=-1)
        if len(self._samples) < _DRAWN and len(places):
            self._samples.append((record.image_id, stored.data, places))
        if len(self._sizes) < _LOOKED_AT:
            self._sizes.append((stored.height, stored.width))
            self._places.append(places)
        # float32, as they will be stored: 479.99999999 would become 480 and leave the image.
        x, y = fixations.x.astype(np.float32), fixations.y.astype(np.float32)
        finite = np.isfinite(x) & np.isfinite(y)
        inside = (x >= 0) & (y >= 0) & (x < stored.width) & (y < stored.height)
        reasons = {drop_report.NOT_A_NUMBER: ~finite, drop_report.OUTSIDE: finite & ~inside}
        for reason, mask in reasons.items():
            self.dropped.drop_fixations(reason, record.image_id, fixations.keep(mask))
        return fixations.keep(inside)

    def _download_and_prepare(self, dl_manager, download_config):
        empty = None
        try:
            super()._download_and_prepare(dl_manager=dl_manager, download_config=download_config)
        except AssertionError as error:  # TFDS writes no split without images
            if "No examples were yielded" not in str(error):
                raise
            empty = error
        self._check_images(empty)
        splits = {split: dict(count) for split, count in self.kept.items()}
        total = {key: sum(c[key] for c in splits.values()) for key in ("images", "fixations")}
        self.info.metadata["built"] = {
            **total,
            "observers": len(self._observers),
            "splits": splits,
            "dropped": self.dropped.counts(),
        }
        self._check_loss(total["fixations"])
        self.dropped.write(pathlib.Path(self.data_dir) / "dropped.csv")
        if self._samples:
            (pathlib.Path(self.data_dir) / PICTURE).write_bytes(picture.draw(self._samples))

    def max_loss(self):
        """Share of the fixations that may be on no image."""
        return self.MAX_LOSS

    def _check_loss(self, kept):
        """Raise ValueError where more is lost, with examples and a likely cause."""
        reasons = (drop_report.OUTSIDE, drop_report.NOT_A_NUMBER, drop_report.NO_IMAGE)
        lost = {reason: self.dropped.places(reason) for reason in reasons}
        advice = f"{self._cause(lost)} --max_loss allows more."
        losses.check(kept, lost, self.max_loss(), advice)

    def _cause(self, lost):
        """Why fixations are on no image, in a sentence."""
        reason = max(lost, key=lambda reason: len(lost[reason]))
        if reason == drop_report.NO_IMAGE:
            return f"The folder has images like {', '.join(sorted(self._image_ids)[:2])}."
        if reason == drop_report.NOT_A_NUMBER:
            return losses.likely_cause([], (1, 1))
        places = np.concatenate(self._places) if self._places else []
        size = np.median(self._sizes, axis=0) if self._sizes else (1, 1)
        return losses.likely_cause(places, size)

    def _check_images(self, empty):
        """Raise ValueError if an image does not decode, or none is left (TFDS's `empty` error)."""
        bad = [row[1:] for row in self.dropped.images if row[0] == drop_report.BAD_IMAGE]
        if bad and self._bad_images == "stop":
            names = "; ".join(f"{image_id} ({detail})" for image_id, detail in bad)
            raise ValueError(
                f"{len(bad)} images do not decode (--bad_images=skip leaves them out): {names}"
            )
        if empty or not self.kept:
            raise ValueError(
                f"Every split must have an image that is there; left out: {self.dropped}. "
                f"Received: {empty or 'none'}"
            )


def _map_png(record, stored):
    """The record's saliency map as the bytes of a 16-bit PNG, 65535 at its peak.

    Raises:
        ValueError: it cannot be read, or does not cover the image.
    """
    found = map_files.read_map(record.map_path)
    map_files.checked(found, (stored.height, stored.width))
    return map_files.to_stored(found)


def _in_pixels(record, stored):
    """The record's fixations in pixels of the stored image."""
    xy = np.stack([record.fixations.x, record.fixations.y], axis=-1)
    size = (stored.height, stored.width)
    turned = record.file_frame and stored.orientation >= 5  # the file's sides are swapped
    if record.on_image:
        xy = record.on_image(size[::-1] if turned else size)
    if record.file_frame:
        xy = decode.upright_points(xy, size, stored.orientation)
    return record.fixations.at(xy)
