"""COCO-FreeView: images of MS COCO at 1680x1050, 10 observers, 5 s of free viewing."""

import functools
import json

import numpy as np

from data import archives, fixation_set, schema

_URL = "http://vision.cs.stonybrook.edu/~cvlab_download/"
_PAGE = "the downloads of https://sites.google.com/view/cocosearch/coco-freeview"
_PRESENT = archives.Source(
    name="COCOSearch18-images-TP.zip",
    url=_URL + "COCOSearch18-images-TP.zip",
    page=_PAGE,
    md5=("4a815bb591cb463ab77e5ba0c68fedfb",),
)
_ABSENT = archives.Source(
    name="COCOSearch18-images-TA.zip",
    url=_URL + "COCOSearch18-images-TA.zip",
    page=_PAGE,
    md5=("85af7d74fa57c202320fa5e7d0dcc187",),
)
_FIXATIONS = archives.Source(
    name="COCOFreeView_fixations_trainval.json",
    url=_URL + "COCOFreeView_fixations_trainval.json",
    page=_PAGE,
    md5=("c7f2fbc92afbe55d4dedc445ac2063d3",),
)
_SPLITS = {"train": "train", "valid": "validation"}


class Builder(fixation_set.FixationSet):
    """The published training and validation scanpaths; those of the test images are held back."""

    SOURCES = (_PRESENT, _ABSENT, _FIXATIONS)
    PUBLISHED = fixation_set.published_counts(observers=10)

    def records(self, files):
        images = {}
        for source in (_PRESENT, _ABSENT):
            archive = archives.Archive(files[source.name])
            for member in archive.names("*/*.jpg"):  # one folder for each search target
                name = member.rsplit("/", 1)[-1]
                images.setdefault(name, functools.partial(archive.read, member))
        scanpaths = json.loads(files[_FIXATIONS.name].read_text())
        by_image = {}
        for path in scanpaths:
            by_image.setdefault((_SPLITS[path["split"]], path["name"]), []).append(path)
        splits = {split: [] for split in _SPLITS.values()}
        for (split, name), paths in sorted(by_image.items()):
            if name not in images:
                raise ValueError(f"The archives must hold every image. Received: {name}")
            fixations = schema.Fixations.joined(map(_fixations, paths))
            splits[split].append(fixation_set.Record(name, images[name], fixations))
        return splits


def _fixations(path):
    """One observer's scanpath: X and Y in pixels, T in milliseconds, subjects counted from 1."""
    return schema.Fixations.of(
        path["X"], path["Y"], path["subject"] - 1, np.arange(len(path["X"])), path["T"]
    )
