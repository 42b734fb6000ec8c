"""Scene500: 500 images of the SUN data base, 10 to 12 observers, free viewing."""

import functools

import numpy as np

from data import archives, fixation_set, mat_files, schema, splits

_ARCHIVE = archives.Source(
    name="Scene-master.zip",
    url="https://github.com/Yanakz/Scene/archive/master.zip",
    page="the repository Yanakz/Scene on GitHub, as a zip",
)
_SPLITS = {"train": 450, "validation": 50}


class Builder(fixation_set.FixationSet):
    """The repository's zip."""

    SOURCES = (_ARCHIVE,)
    PUBLISHED = fixation_set.published_counts(images=500, observers=12, **_SPLITS)

    def records(self, files):
        archive = archives.Archive(files[_ARCHIVE.name])
        members = archive.names("data/stimuli/*.jpg")
        cells = mat_files.read(archive, archive.one("data/tidy/fixations.mat"), "fixations")
        if len(cells) != len(members):
            raise ValueError(
                f"fixations.mat must have a row for each of {len(members)} images. "
                f"Received: {len(cells)}"
            )
        records = {}
        for member, observers in zip(members, np.atleast_2d(cells), strict=True):
            name = member.rsplit("/", 1)[-1]
            parts = [_fixations(who, rows) for who, rows in enumerate(observers)]
            records[name] = fixation_set.Record(
                name, functools.partial(archive.read, member), schema.Fixations.joined(parts)
            )
        dealt = splits.by_name(records, _SPLITS)
        return {split: [records[name] for name in names] for split, names in dealt.items()}


def _fixations(observer, rows):
    """One cell: rows of (y, x, start, duration), pixels and seconds; empty if not shown."""
    y, x, _, seconds = np.reshape(rows, (-1, 4)).T
    return schema.Fixations.of(x, y, observer, duration=1000 * seconds)
