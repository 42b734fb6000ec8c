"""Sets that the NUS VIP laboratory published as a repository: `data/stimuli` and one .mat file."""

import functools

import numpy as np

from data import drop_report, fixation_set, mat_files, schema


def records(archive, mat, dropped):
    """Image name -> `Record` of a repository's archive.

    Args:
        archive: an `archives.Archive` with `data/stimuli/*.jpg`.
        mat: bytes of `data/eye/fixations.mat`: a cell per image, a struct of `img` (the file name)
            and `subjects`, a cell per observer, a struct of the rows `fix_x`, `fix_y` (pixels) and
            `fix_duration` (milliseconds).
        dropped: the `drop_report.DropReport` that gets the fixations on images that are not there.
    """
    recorded = {
        image["img"]: mat_files.cells(image["subjects"])
        for image in mat_files.cells(mat_files.load(mat, "fixations"))
    }
    found = {}
    for member in archive.names("data/stimuli/*.jpg"):
        name = member.rsplit("/", 1)[-1]
        observers = recorded.get(name, [])
        parts = [_fixations(who, looks) for who, looks in enumerate(observers)]
        found[name] = fixation_set.Record(
            name, functools.partial(archive.read, member), schema.Fixations.joined(parts)
        )
    for name in sorted(set(recorded) - set(found)):
        parts = [_fixations(who, looks) for who, looks in enumerate(recorded[name])]
        dropped.drop_image(
            drop_report.NO_IMAGE, name, schema.Fixations.joined(parts), "in the .mat file"
        )
    return found


def _fixations(observer, looks):
    """One observer's fixations; an observer without any has an empty cell."""
    if not isinstance(looks, dict):
        return schema.Fixations.of([], [], [])
    return schema.Fixations.of(
        np.ravel(looks["fix_x"]),
        np.ravel(looks["fix_y"]),
        observer,
        duration=np.ravel(looks["fix_duration"]),
    )
