"""MIT1003: 1003 images, longest side 1024, 15 observers, 3 s of free viewing."""

import functools

import numpy as np
import tensorflow_datasets as tfds

from data import archives, drop_report, fixation_set, mat_files, schema, splits
from data.mit1003 import gaze_samples

_URL = "http://people.csail.mit.edu/tjudd/WherePeopleLook/"
_STIMULI = archives.Source(
    name="ALLSTIMULI.zip",
    url=_URL + "ALLSTIMULI.zip",
    page=_URL,
    md5=("0d7df8b954ecba69b6796e77b9afe4b6",),
)
_DATA = archives.Source(
    name="DATA.zip", url=_URL + "DATA.zip", page=_URL, md5=("ea19d74ad0a0144428c53e9d75c2d71c",)
)
_SPLITS = {
    "900_103": {"train": 900, "validation": 103},
    "803_200": {"train": 803, "validation": 200},
    "10_fold": {f"fold_{fold}": 101 if fold < 3 else 100 for fold in range(10)},
}


class Builder(fixation_set.FixationSet):
    """The published gaze samples; fixations are found in them by `gaze_samples`.

    The first fixation of a trial is the one on the central cross: it is left out, and listed.
    """

    BUILDER_CONFIGS = [  # noqa: RUF012 (TFDS's own way)
        tfds.core.BuilderConfig(name=name, description=f"Splits {', '.join(sizes)}")
        for name, sizes in _SPLITS.items()
    ]
    SOURCES = (_STIMULI, _DATA)
    SIGMA = 24.0
    PIXELS_PER_DEGREE = gaze_samples.PIXELS_PER_DEGREE

    def published(self):
        sizes = _SPLITS[self.builder_config.name]
        return fixation_set.published_counts(images=1003, observers=15, **sizes)

    def records(self, files):
        images = archives.Archive(files[_STIMULI.name])
        gaze = archives.Archive(files[_DATA.name])
        members = {member.rsplit("/", 1)[-1]: member for member in images.names("*.jpeg")}
        observers = sorted({member.split("/")[-2] for member in gaze.names("DATA/*/*.mat")})
        folder = gaze.names("DATA/*/*.mat")[0].rsplit("/", 2)[0]
        return {
            split: (
                fixation_set.Record(
                    name,
                    functools.partial(images.read, members[name]),
                    self._fixations(gaze, folder, observers, name),
                )
                for name in names
            )
            for split, names in splits.by_name(members, sizes_of(self)).items()
        }

    def _fixations(self, gaze, folder, observers, name):
        """The fixations of all observers but each one's first."""
        parts = []
        for who, observer in enumerate(observers):
            mat = f"{folder}/{observer}/{name.removesuffix('.jpeg')}.mat"
            x, y, duration = gaze_samples.fixations(_samples(gaze, mat))
            looks = schema.Fixations.of(x - 1, y - 1, who, np.arange(len(x)) - 1, duration)
            self.dropped.drop_fixations(drop_report.FIRST, name, looks.keep(looks.order < 0))
            parts.append(looks.keep(looks.order >= 0))
        return schema.Fixations.joined(parts)


def sizes_of(builder):
    """Split -> number of images of a builder's config."""
    return _SPLITS[builder.builder_config.name]


def _samples(archive, mat):
    """Gaze `[n, 2]` (x, y in pixels from 1) of a trial, 240 a second; negative in a blink."""
    trials = mat_files.cells(mat_files.read(archive, mat)["DATA"])
    return np.asarray(trials[0]["eyeData"], float)[:, :2]
