"""FIWI: 149 web pages, 1360x768, 11 observers pooled, 5 s of free viewing."""

import functools

import cv2
import numpy as np

from data import archives, fixation_maps, fixation_set

_ARCHIVE = archives.Source(
    name="webpage_dataset.zip",
    url="https://www.dropbox.com/s/30nxg2uwd1wpb80/webpage_dataset.zip?dl=1",
    page="the data set of https://www-users.cse.umn.edu/~qzhao/webpage_saliency.html",
)


class Builder(fixation_set.FixationSet):
    """Points are the white pixels of `all5`, the maps of all observers over the full 5 s."""

    SOURCES = (_ARCHIVE,)
    SIGMA = 30.0
    PUBLISHED = fixation_set.published_counts(images=149, observers=1, test=149)

    def records(self, files):
        archive = archives.Archive(files[_ARCHIVE.name])
        maps = {member.rsplit("/", 1)[-1]: member for member in archive.names("all5/*.png")}
        return {
            "test": (_record(archive, member, maps) for member in archive.names("stimuli/*.png"))
        }


def _record(archive, member, maps):
    name = member.rsplit("/", 1)[-1]
    if name not in maps:
        raise ValueError(f"all5 must hold a map for each page. Received: {name}")
    buffer = np.frombuffer(archive.read(maps[name]), np.uint8)
    white = cv2.imdecode(buffer, cv2.IMREAD_GRAYSCALE) > 127
    return fixation_set.Record(
        name, functools.partial(archive.read, member), fixation_maps.fixations(white)
    )
