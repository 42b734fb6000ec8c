"""CAT2000: 2,000 images of 20 categories, 1920x1080, 18 observers pooled, 5 s of free viewing."""

import functools

from data import archives, fixation_maps, fixation_set, mat_files, splits

_ARCHIVE = archives.Source(
    name="trainSet.zip",
    url="http://saliency.mit.edu/trainSet.zip",
    page="trainSet.zip of http://saliency.mit.edu/datasets.html",
    md5=("56ad5c77e6c8f72ed9ef2901628d6e48",),
)
_SPLITS = {"train": 1800, "validation": 200}


class Builder(fixation_set.FixationSet):
    """The published training set; the test set has no public fixations.

    `allFixData.mat`, by observer, is an object that only MATLAB reads; points are the pixels of
    `FIXATIONLOCS`. File names repeat in every category: the id of Action/001.jpg is Action_001.jpg.
    """

    SOURCES = (_ARCHIVE,)
    SIGMA = 40.0
    PIXELS_PER_DEGREE = 40
    PUBLISHED = fixation_set.published_counts(images=2000, observers=1, **_SPLITS)

    def records(self, files):
        archive = archives.Archive(files[_ARCHIVE.name])
        members = {
            "_".join(member.split("/")[-2:]): member for member in archive.names("Stimuli/*/*.jpg")
        }
        dealt = splits.by_name(members, _SPLITS)
        return {
            split: (_record(archive, name, members[name]) for name in names)
            for split, names in dealt.items()
        }


def _record(archive, name, member):
    mat = member.replace("Stimuli/", "FIXATIONLOCS/").replace(".jpg", ".mat")
    locations = mat_files.read(archive, mat, "fixLocs")
    return fixation_set.Record(
        name, functools.partial(archive.read, member), fixation_maps.fixations(locations)
    )
