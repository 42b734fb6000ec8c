"""PASCAL-S: 850 images of PASCAL VOC, 5 to 8 observers each, 2 s of free viewing."""

import functools

import numpy as np

from data import archives, fixation_set, mat_files, schema

_ARCHIVE = archives.Source(
    name="salObj.zip",
    url="http://cbs.ic.gatech.edu/salobj/download/salObj.zip",
    page="salObj.zip of http://cbs.ic.gatech.edu/salobj/",
    md5=("e48b4e5deac08bddcaec55ce56e4d420",),
)


class Builder(fixation_set.FixationSet):
    """All of it is `test`: the images are others' training data, and no licence is stated."""

    SOURCES = (_ARCHIVE,)
    PUBLISHED = fixation_set.published_counts(images=850, observers=8, test=850)

    def records(self, files):
        archive = archives.Archive(files[_ARCHIVE.name])
        mat = archive.read(archive.one("fixations/pascalFix.mat"))
        members = {
            member.rsplit("/", 1)[-1]: member for member in archive.names("imgs/pascal/*.jpg")
        }
        records = []
        for number, cell in enumerate(mat_files.load_hdf5_cells(mat, "fixCell"), start=1):
            name = f"{number}.jpg"
            if name not in members:
                raise ValueError(f"imgs/pascal must hold an image for each cell. Received: {name}")
            read = functools.partial(archive.read, members[name])
            records.append(fixation_set.Record(name, read, _fixations(cell)))
        return {"test": records}


def _fixations(cell):
    """One image's cell: rows of (y, x, observer), all counted from 1."""
    y, x, observer = np.reshape(cell, (-1, 3)).T - 1
    return schema.Fixations.of(x, y, observer)
