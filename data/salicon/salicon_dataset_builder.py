"""SALICON: 20,000 images of MS COCO, 640x480, mouse tracking in place of eye tracking."""

import functools

import numpy as np
import tensorflow_datasets as tfds

from data import archives, fixation_set, mat_files, schema

_DRIVE = "https://drive.google.com/uc?id="
_STIMULI = archives.Source(
    name="stimuli.zip",
    page=f"the images of http://salicon.net, {_DRIVE}1g8j-hTT-51IG1UFwP0xTGhLdgIUCW5e5",
    md5=("eb2a1bb706633d1b31fc2e01422c5757",),
)
_FIXATIONS = {
    "2015": archives.Source(
        name="fixations_2015.zip",
        page=f"fixations.zip of 2015, {_DRIVE}1WVEiXba-I4GN33f0uUl4KhaN1rK7qzs6, so renamed",
        md5=("9a22db9d718200fb90252e5010c004c4",),
    ),
    "2017": archives.Source(
        name="fixations_2017.zip",
        page=f"fixations.zip of 2017, {_DRIVE}1P-jeZXCsjoKO79OhFUgnj6FGcyvmLDPj, so renamed",
        md5=("462b70f4f9e8ea446ac628e46cea8d3d",),
    ),
}
_FOLDERS = {"train": "train", "validation": "val", "test": "test"}


class Builder(fixation_set.FixationSet):
    """Two editions of fixations over the same images: scores on them do not compare."""

    BUILDER_CONFIGS = [  # noqa: RUF012 (TFDS's own way)
        tfds.core.BuilderConfig(name="2017", description="LSUN 2017: fixations by eye movement"),
        tfds.core.BuilderConfig(name="2015", description="CVPR 2015: fixations of the mouse"),
    ]
    SIGMA = 19.0
    PIXELS_PER_DEGREE = 19
    PUBLISHED = fixation_set.published_counts(images=20000, train=10000, validation=5000, test=5000)

    def sources(self):
        return _STIMULI, _FIXATIONS[self.builder_config.name]

    def records(self, files):
        images, mats = (archives.Archive(files[source.name]) for source in self.sources())
        return {
            split: _records(images, mats, folder, split == "test")
            for split, folder in _FOLDERS.items()
        }


def _records(images, mats, folder, secret):
    """One split's records, read one at a time; those of the test set have no fixations."""
    recorded = {member.rsplit("/", 1)[-1]: member for member in mats.names(f"{folder}/*.mat")}
    for member in images.names(f"images/{folder}/*.jpg"):
        name = member.rsplit("/", 1)[-1]
        mat = recorded.get(name.replace(".jpg", ".mat"))
        if mat is None and not secret:
            raise ValueError(f"{folder}/*.mat must name every image. Received: {name}")
        fixations = _fixations(mats, mat) if mat else schema.Fixations.of([], [], [])
        yield fixation_set.Record(name, functools.partial(images.read, member), fixations)


def _fixations(archive, mat):
    """A struct `gaze` per observer of the image, its `fixations` rows of (x, y) from 1."""
    gaze = mat_files.cells(mat_files.read(archive, mat, "gaze"))
    parts = []
    for observer, looks in enumerate(gaze):
        x, y = np.reshape(looks["fixations"], (-1, 2)).T.astype(float) - 1
        parts.append(schema.Fixations.of(x, y, observer))
    return schema.Fixations.joined(parts)
