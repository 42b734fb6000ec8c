"""FIGRIM's fillers: over 2,000 scenes, about 15 observers each, 2 s in a memory game."""

import functools

import numpy as np

from data import archives, drop_report, fixation_set, mat_files, schema, splits

_PAGE = "http://figrim.mit.edu/index_eyetracking.html"
_IMAGES = archives.Source(
    name="Fillers.zip",
    url="http://figrim.mit.edu/Fillers.zip",
    page=_PAGE,
    md5=("dc0bc9561b5bc90e158ec32074dd1060",),
)
_FIXATIONS = archives.Source(
    name="allImages_fillers.mat",
    url="https://github.com/cvzoya/figrim/raw/master/fillerData/allImages_fillers.mat",
    page="fillerData/ of the repository cvzoya/figrim on GitHub",
)
_SPLITS = {"train": 95, "validation": 5}


class Builder(fixation_set.FixationSet):
    """Each image's first viewing (`enc`).

    The first fixation of a trial is the one on the central cross: it is left out, and listed.
    """

    SOURCES = (_IMAGES, _FIXATIONS)

    def records(self, files):
        archive = archives.Archive(files[_IMAGES.name])
        with open(files[_FIXATIONS.name], "rb") as file:
            images = mat_files.cells(mat_files.load(file.read(), "allImages"))
        members = {tuple(member.split("/")[-2:]): member for member in archive.names("*/*.jpg")}
        records = {}
        for image in images:
            name = f"{image['category']}_{image['filename'].removeprefix('sun_')}"
            looks = self._fixations(name, mat_files.cells(image["userdata"]))
            member = members.get((image["category"], image["filename"]))
            if member is None:
                self.dropped.drop_image(drop_report.NO_IMAGE, name, looks, "in the .mat file")
            else:
                read = functools.partial(archive.read, member)
                records[name] = fixation_set.Record(name, read, looks)
        dealt = splits.by_name(records, _SPLITS)
        return {split: [records[name] for name in names] for split, names in dealt.items()}

    def _fixations(self, name, users):
        """The fixations of all users but each one's first; rows of (x, y) from 1."""
        parts = []
        for who, user in enumerate(users):
            if not isinstance(user["fixations"], dict):  # the image was not shown
                continue
            x, y = np.reshape(user["fixations"]["enc"], (-1, 2)).T - 1
            looks = schema.Fixations.of(x, y, who, np.arange(len(x)) - 1)
            self.dropped.drop_fixations(drop_report.FIRST, name, looks.keep(looks.order < 0))
            parts.append(looks.keep(looks.order >= 0))
        return schema.Fixations.joined(parts)
