"""OSIE: 700 images of everyday scenes, 15 observers, 3 s of free viewing."""

from data import archives, fixation_set, nus_repository, splits

_ARCHIVE = archives.Source(
    name="predicting-human-gaze-beyond-pixels-master.zip",
    url="https://github.com/NUS-VIP/predicting-human-gaze-beyond-pixels/archive/master.zip",
    page="the repository NUS-VIP/predicting-human-gaze-beyond-pixels on GitHub, as a zip",
)
_FIXATIONS_MD5 = ("8efdf6fe66f38b6e70f854c7ff45aa70",)
_SPLITS = {"train": 500, "validation": 200}


class Builder(fixation_set.FixationSet):
    """The repository's zip; `fixations.mat` in it is checked by its md5."""

    SOURCES = (_ARCHIVE,)
    FIXATIONS_MD5 = _FIXATIONS_MD5
    SIGMA = 24.0
    PIXELS_PER_DEGREE = 24
    PUBLISHED = fixation_set.published_counts(images=700, observers=15, **_SPLITS)

    def records(self, files):
        archive = archives.Archive(files[_ARCHIVE.name])
        mat = archive.open(archive.one("data/eye/fixations.mat"))
        archives.check_md5(mat, self.FIXATIONS_MD5, "data/eye/fixations.mat")
        records = nus_repository.records(archive, mat.getvalue(), self.dropped)
        dealt = splits.by_name(records, _SPLITS)
        return {split: [records[name] for name in names] for split, names in dealt.items()}
