"""EyeCrowd: 500 images of crowds, 15 to 16 observers, 5 s of free viewing."""

from data import archives, fixation_set, nus_repository, splits

_ARCHIVE = archives.Source(
    name="saliency-in-crowd-master.zip",
    url="https://github.com/NUS-VIP/saliency-in-crowd/archive/master.zip",
    page="the repository NUS-VIP/saliency-in-crowd on GitHub, as a zip",
)
_SPLITS = {"train": 450, "validation": 50}


class Builder(fixation_set.FixationSet):
    """The repository's zip."""

    SOURCES = (_ARCHIVE,)
    PIXELS_PER_DEGREE = 26
    PUBLISHED = fixation_set.published_counts(images=500, observers=16, **_SPLITS)

    def records(self, files):
        archive = archives.Archive(files[_ARCHIVE.name])
        mat = archive.read(archive.one("data/eye/fixations.mat"))
        records = nus_repository.records(archive, mat, self.dropped)
        dealt = splits.by_name(records, _SPLITS)
        return {split: [records[name] for name in names] for split, names in dealt.items()}
