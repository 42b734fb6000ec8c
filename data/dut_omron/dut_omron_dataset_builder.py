"""DUT-OMRON: 5,168 images of up to 400 pixels, 5 observers, 2 s of free viewing."""

import functools

import numpy as np

from data import archives, fixation_set, mat_files, schema, splits

_PAGE = "the page http://saliencydetection.net/dut-omron"
_URL = "http://saliencydetection.net/dut-omron/download/"
_IMAGES = archives.Source(
    name="DUT-OMRON-image.zip",
    url=_URL + "DUT-OMRON-image.zip",
    page=_PAGE,
    md5=("a8951db9297afacf78bc0e5079103cf1",),
)
_FIXATIONS = archives.Source(
    name="DUT-OMRON-eye-fixations.zip",
    url=_URL + "DUT-OMRON-eye-fixations.zip",
    page=_PAGE,
    md5=("d9f4f83fcc78b1e5efb579ae9fb0edc2",),
)
_SPLITS = {"train": 4168, "validation": 1000}


class Builder(fixation_set.FixationSet):
    """One .mat file per image. Observers are numbered by image: 1 need not be 1 in the next."""

    SOURCES = (_IMAGES, _FIXATIONS)
    SIGMA = 16.0
    PUBLISHED = fixation_set.published_counts(images=5168, observers=5, **_SPLITS)

    def records(self, files):
        images = archives.Archive(files[_IMAGES.name])
        mats = archives.Archive(files[_FIXATIONS.name])
        members = {member.rsplit("/", 1)[-1]: member for member in images.names("*.jpg")}
        recorded = {member.rsplit("/", 1)[-1]: member for member in mats.names("mat/*.mat")}
        dealt = splits.by_name(members, _SPLITS)
        return {
            split: (
                fixation_set.Record(
                    name,
                    functools.partial(images.read, members[name]),
                    _fixations(mats, recorded.get(name.replace(".jpg", ".mat"))),
                )
                for name in names
            )
            for split, names in dealt.items()
        }


def _fixations(archive, member):
    """Rows of (x, y, observer), counted from 0; observer 0 marks the row of the image's size."""
    if member is None:
        return schema.Fixations.of([], [], [])
    x, y, observer = np.reshape(mat_files.read(archive, member, "s"), (-1, 3)).T.astype(float)
    seen = observer > 0
    return schema.Fixations.of(x[seen], y[seen], observer[seen] - 1)
