"""Toronto: 120 images, 20 observers pooled, 4 s of free viewing."""

import functools

from data import archives, fixation_maps, fixation_set, mat_files

_ARCHIVE = archives.Source(
    name="eyetrackingdata.zip",
    url="http://www-sop.inria.fr/members/Neil.Bruce/eyetrackingdata.zip",
    page="eyetrackingdata.zip of http://www-sop.inria.fr/members/Neil.Bruce/",
    md5=("38d5c02217060d4d2d1a4649cc632af1",),
)


class Builder(fixation_set.FixationSet):
    """Points are the pixels of the binary maps `white`; the files by observer are not in pixels."""

    SOURCES = (_ARCHIVE,)
    PUBLISHED = fixation_set.published_counts(images=120, observers=1, test=120)

    def records(self, files):
        archive = archives.Archive(files[_ARCHIVE.name])
        maps = mat_files.read(archive, archive.one("fixdens/origfixdata.mat"), "white")
        return {"test": [_record(archive, number, map_) for number, map_ in enumerate(maps, 1)]}


def _record(archive, number, map_):
    member = archive.one(f"fixdens/Original Image Set/{number}.jpg")
    return fixation_set.Record(
        f"{number}.jpg", functools.partial(archive.read, member), fixation_maps.fixations(map_)
    )
