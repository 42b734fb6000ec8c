"""What is evaluated on: images with their fixations, from a prepared set or a plain folder."""

import dataclasses
import functools
import pathlib

import numpy as np

from salnet_tf.fixations import losses, names, table
from salnet_tf.fixations import reading as reading_lib
from salnet_tf.images import decode, listing, map_files
from salnet_tf.pipeline import prepared

# Ground-truth sigma where the set states none: 24 px for an image 800 px wide.
SIGMA_OF_LONGEST_SIDE = 0.03
_MAX_LOSS = 0.1  # of a table's fixations may lie outside their images


@dataclasses.dataclass(frozen=True)
class Stimulus:
    """One image and where each observer looked.

    Args:
        image_id: unique in its set.
        data: the image file's bytes; None where only the fixations are wanted.
        size: (height, width) in pixels.
        xy: `[n, 2]` float64 fixations inside the image, pixels, 0-based continuous.
        observers: `[n]` which observer each fixation is from.
        sigma: of the ground truth's Gaussian, pixels.
        saliency_map: `[h, w]` over the image, the truth of a set of maps, which has no fixations.
    """

    image_id: str
    data: bytes | None
    size: tuple
    xy: np.ndarray
    observers: np.ndarray
    sigma: float
    saliency_map: np.ndarray | None = None

    def image(self):
        """`[height, width, 3]` uint8 RGB."""
        return decode.decode_photo(self.data)

    @property
    def relative_xy(self):
        """`[n, 2]` fixations as shares of width and height, 0..1."""
        return self.xy / self.size[::-1]


@dataclasses.dataclass
class Stimuli:
    """The usable images of one split, and a sentence for each that is not.

    `edition` is the prepared set's version; `left_out` maps image_id to the reason; `dropped`
    counts fixations outside their image and repeated rows; `limited`: a limit cut the split.
    """

    name: str
    edition: str
    split: str
    images: list
    left_out: dict
    dropped: int = 0
    limited: bool = False


def from_prepared(dataset, split, data_dir, sigma=None, limit=None, files=True):
    """Read a split of a prepared set.

    Args:
        dataset, split, data_dir: as in `reader.examples`.
        sigma: of the ground truth, pixels; None is the set's own.
        limit: at most so many images.
        files: False leaves the images' bytes out, which are much of a large training split.
    """
    edition = str(prepared.open_set(dataset, data_dir).info.version)
    stimuli = Stimuli(dataset, edition, split, [], {})
    for example in prepared.examples(dataset, split, data_dir):
        if limit is not None and len(stimuli.images) >= limit:
            stimuli.limited = True
            break
        if example.saliency_map is not None:
            _add_map(stimuli, example.image_id, example.image, example.saliency_map, files)
            continue
        observers = example.fixations["observer"]
        own = sigma or example.sigma
        xy = example.xy
        _add(stimuli, example.image_id, example.image, lambda _, xy=xy: xy, observers, own, files)
    return stimuli


def from_folder(folder, split=None, sigma=None, limit=None, files=True):
    """Read `images/`, `fixations.csv` and, for a split, `splits.csv`, as `data.build` does.

    Args:
        folder: path.
        split: a split that `splits.csv` (image, split) names, or None for every image.
        sigma: of the ground truth, pixels; None is `SIGMA_OF_LONGEST_SIDE` times the longest side.
        limit: at most so many images.
        files: as in `from_prepared`.

    Raises:
        ValueError: a file or column is missing or no table, the split is unknown, an image is in
            two, two images have one name, or what a fixation is is not sure.
    """
    folder = pathlib.Path(folder)
    stimuli = Stimuli(folder.name, "a folder of files", split or "all", [], {})
    if (folder / "maps").is_dir() and not (folder / "fixations.csv").exists():
        return _from_maps(stimuli, folder, split, limit, files)
    try:
        paths, _ = listing.by_name(folder / "images")
        found = table.read(folder, reading_lib.Reading())
    except FileNotFoundError as error:
        raise ValueError(str(error)) from error
    found.match(paths)
    names_of_split = sorted(paths) if split is None else _images_of_split(folder, split, paths)
    stimuli.limited = limit is not None and len(names_of_split) > limit
    of_image = {name: rows for name, rows in found.rows.groupby("image")}
    places = []  # (image, its fixations, its size)
    for name in names_of_split[:limit]:
        rows = of_image.get(name, found.rows[:0])
        if name not in paths:
            stimuli.left_out[name] = "its file is missing"
            continue
        kept = rows[rows["dropped"] == ""]
        stimuli.dropped += len(rows) - len(kept)
        on_image = functools.partial(reading_lib.on_image, kept, found.reading)
        data = pathlib.Path(paths[name]).read_bytes()
        places.append((name, *_add(stimuli, name, data, on_image, kept["observer"], sigma, files)))
    found.check_units([size for _, _, size in places if size])
    _check_loss(places)
    if split is None:
        for name in sorted(set(of_image) - set(paths)):
            stimuli.left_out[name or "(no name)"] = "its file is missing"
    return stimuli


def _from_maps(stimuli, folder, split, limit, files):
    """Of a folder `images/ + maps/`."""
    paths, _ = listing.by_name(folder / "images")
    maps = map_files.by_stem(folder / "maps")
    chosen = sorted(paths) if split is None else _images_of_split(folder, split, paths)
    stimuli.limited = limit is not None and len(chosen) > limit
    for name in chosen[:limit]:
        path = maps.get(map_files.stem(name))
        if name not in paths or path is None:
            what = "file" if name not in paths else "map"
            stimuli.left_out[name] = f"its {what} is missing"
            continue
        try:
            data, saliency = pathlib.Path(paths[name]).read_bytes(), map_files.read_map(path)
        except (ValueError, OSError) as error:
            stimuli.left_out[name] = str(error).rstrip(".")
            continue
        _add_map(stimuli, name, data, saliency, files)
    return stimuli


def splits_of_folder(folder):
    """Names in `splits.csv`, empty if there is none."""
    folder = pathlib.Path(folder)
    if not (folder / "splits.csv").is_file():
        return []
    return sorted(names.splits_of(folder / "splits.csv", listing.by_name(folder / "images")[0])[0])


def _images_of_split(folder, split, files):
    """Names of the images that `splits.csv` puts in a split, those without a file too."""
    if not (folder / "splits.csv").is_file():
        raise ValueError(f"There is no such file. Received: {folder / 'splits.csv'}")
    splits, missing = names.splits_of(folder / "splits.csv", files)
    if split not in splits:
        known = ", ".join(sorted(splits))
        raise ValueError(f"{folder} has the splits {known}. Received: {split!r}")
    return sorted([*splits[split], *missing.get(split, [])])


def _add_map(stimuli, image_id, data, saliency, files):
    """Append a stimulus whose truth is a map, or the sentence that says why there is none."""
    try:
        size = decode.decode_photo(data).shape[:2]
        map_files.checked(saliency, size)
    except ValueError as error:
        stimuli.left_out[image_id] = str(error).rstrip(".")
        return
    sigma, none = SIGMA_OF_LONGEST_SIDE * max(size), np.zeros(0, np.int32)
    data = data if files else None
    stimuli.images.append(
        Stimulus(image_id, data, size, np.zeros((0, 2)), none, sigma, np.asarray(saliency))
    )


def _add(stimuli, image_id, data, on_image, observers, sigma, files):
    """Append a stimulus, or the sentence that says why there is none.

    Args:
        on_image: function of the image's (height, width) -> `[n, 2]` fixations in its pixels.

    Returns:
        All its fixations `[n, 2]` and its size; no fixation and None where it does not decode.
    """
    try:
        size = decode.decode_photo(data).shape[:2]
    except ValueError as error:
        stimuli.left_out[image_id] = str(error).rstrip(".")
        return np.zeros((0, 2)), None
    xy = np.asarray(on_image(size), np.float64).reshape(-1, 2)
    inside = np.all((xy >= 0) & (xy < size[::-1]), axis=1)
    stimuli.dropped += int(np.sum(~inside))
    if not inside.any():
        stimuli.left_out[image_id] = "it has no fixation"
        return xy, size
    sigma = float(sigma or SIGMA_OF_LONGEST_SIDE * max(size))
    observers = np.asarray(observers)[inside]
    data = data if files else None
    stimuli.images.append(Stimulus(image_id, data, size, xy[inside], observers, sigma))
    return xy, size


def _check_loss(places):
    """Raise ValueError where a table does not fit its images."""
    places = [(name, xy, size) for name, xy, size in places if size]
    outside = [
        (name, x, y)
        for name, xy, (height, width) in places
        for x, y in xy
        if not (0 <= x < width and 0 <= y < height)
    ]
    if outside:
        count = sum(len(xy) for _, xy, _ in places)
        sizes = np.median([size for _, _, size in places], axis=0)
        cause = losses.likely_cause(np.concatenate([xy for _, xy, _ in places]), sizes)
        lost = {"outside the image": outside}
        losses.check(
            count - len(outside),
            lost,
            _MAX_LOSS,
            f"{cause} data.build has these flags, and --max_loss.",
        )
