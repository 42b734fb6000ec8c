"""What is evaluated on: images with their fixations, from a prepared set or a plain folder."""

import dataclasses
import pathlib
import re
import unicodedata
import warnings

import numpy as np
import pandas

from salnet_tf.images import decode
from salnet_tf.pipeline import prepared

# Ground-truth sigma where the set states none: 24 px for an image 800 px wide.
SIGMA_OF_LONGEST_SIDE = 0.03
_FEW_ROWS = 10  # may all lie near the corner by chance


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
    """

    image_id: str
    data: bytes | None
    size: tuple
    xy: np.ndarray
    observers: np.ndarray
    sigma: float

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
        observers = example.fixations["observer"]
        own = sigma or example.sigma
        _add(stimuli, example.image_id, example.image, example.xy, observers, own, files)
    return stimuli


def from_folder(folder, split=None, sigma=None, limit=None, files=True):
    """Read `images/`, `fixations.csv` (image, x, y, observer) and, for a split, `splits.csv`.

    The tables may have commas, semicolons or tabs, decimal points or commas; they name an image by
    its path, its file's name, or that without its ending. Without the column observer all fixations
    are of one. Coordinates that are no number count as outside their image. Of rows alike in all
    columns the first counts, where there is a column that can tell two looks at one place apart (an
    order, a time).

    Args:
        folder: path.
        split: a split that `splits.csv` (image, split) names, or None for every image.
        sigma: of the ground truth, pixels; None is `SIGMA_OF_LONGEST_SIDE` times the longest side.
        limit: at most so many images.
        files: as in `from_prepared`.

    Raises:
        ValueError: a file or column is missing or no table, coordinates are fractions of the image,
            the split is unknown, an image is in two, or two images have one name.
    """
    folder = pathlib.Path(folder)
    fixations = _fixations(folder / "fixations.csv")
    paths = _image_files(folder / "images")
    found = _finder(paths)
    fixations["image"] = fixations["image"].map(found)
    names = sorted(paths) if split is None else _images_of_split(folder, split, found)
    stimuli = Stimuli(folder.name, "a folder of files", split or "all", [], {})
    stimuli.limited = limit is not None and len(names) > limit
    of_image = dict(tuple(fixations.groupby("image")))
    for name in names[:limit]:
        path, rows = paths.get(name), of_image.get(name, fixations[:0])
        if path is None:
            stimuli.left_out[name] = "its file is missing"
            continue
        stimuli.dropped += int(rows["repeated"].sum())
        rows = rows[~rows["repeated"]]
        _add(stimuli, name, path.read_bytes(), rows[["x", "y"]], rows["observer"], sigma, files)
    if split is None:
        for name in sorted(set(of_image) - set(names)):
            stimuli.left_out[name] = "its file is missing"
    return stimuli


def splits_of_folder(folder):
    """Names in `splits.csv`, empty if there is none."""
    path = pathlib.Path(folder) / "splits.csv"
    return sorted(set(_read_table(path, ("split",))["split"])) if path.is_file() else []


def _fixations(path):
    """The table's rows, x and y as numbers, observer (text) and repeated (bool) added."""
    table = _read_table(path, ("image", "x", "y"))
    points = table[["x", "y"]].apply(lambda column: column.str.replace(",", ".", regex=False))
    xy = points.apply(pandas.to_numeric, errors="coerce")
    if len(xy) > _FEW_ROWS and (xy.abs().max() <= 1).all():
        raise ValueError(
            "Fixations must be in pixels, not in fractions of the image. "
            f"Received: x up to {xy['x'].max():.3g}, y up to {xy['y'].max():.3g} in {path}"
        )
    tells_apart = set(table) - {"image", "observer", "x", "y"}
    return table.assign(
        x=xy["x"],
        y=xy["y"],
        observer=table.get("observer", ""),
        repeated=table.duplicated() if tells_apart else False,
    )


def _image_files(folder):
    """File name -> path, in the folder and its sub-folders."""
    files = {}
    for path in sorted(path for path in folder.rglob("[!.]*") if path.is_file()):
        if path.name in files:
            raise ValueError(f"Two images have one name in {folder}. Received: {path.name}")
        files[path.name] = path
    return files


def _finder(files):
    """A function from a name in a table (path, name or stem) to the file's, itself if none."""
    known = {}
    for name in files:
        for text in {name, pathlib.PurePath(name).stem}:
            known.setdefault(unicodedata.normalize("NFC", text), []).append(name)

    def found(image):
        name = re.split(r"[/\\]", image)[-1]
        named = [name] if name in files else known.get(unicodedata.normalize("NFC", name), [image])
        if len(named) > 1:
            raise ValueError(f"Two images have one name. Received: {', '.join(named)}")
        return named[0]

    return found


def _images_of_split(folder, split, found):
    """Names of the images that `splits.csv` puts in a split, each once."""
    splits = _read_table(folder / "splits.csv", ("image", "split"))
    splits = splits[["image", "split"]].assign(image=splits["image"].map(found)).drop_duplicates()
    if split not in set(splits["split"]):
        known = ", ".join(sorted(set(splits["split"])))
        raise ValueError(f"{folder} has the splits {known}. Received: {split!r}")
    twice = splits["image"][splits["image"].duplicated()]
    if len(twice):
        raise ValueError(f"An image must be in one split of {folder}. Received: {twice.iloc[0]}")
    return sorted(splits["image"][splits["split"] == split])


def _add(stimuli, image_id, data, xy, observers, sigma, files):
    """Append a stimulus, or the sentence that says why there is none."""
    try:
        size = decode.decode_photo(data).shape[:2]
    except ValueError as error:
        stimuli.left_out[image_id] = str(error).rstrip(".")
        return
    xy = np.asarray(xy, np.float64).reshape(-1, 2)
    inside = np.all((xy >= 0) & (xy < size[::-1]), axis=1)
    stimuli.dropped += int(np.sum(~inside))
    if not inside.any():
        stimuli.left_out[image_id] = "it has no fixation"
        return
    sigma = float(sigma or SIGMA_OF_LONGEST_SIDE * max(size))
    observers = np.asarray(observers)[inside]
    data = data if files else None
    stimuli.images.append(Stimulus(image_id, data, size, xy[inside], observers, sigma))


def _read_table(path, columns):
    if not path.is_file():
        raise ValueError(f"There is no such file. Received: {path}")
    try:
        with path.open(encoding="utf-8-sig") as file:
            header = file.readline()
        with warnings.catch_warnings():  # pandas would shift or cut rows longer than the header
            warnings.simplefilter("error", pandas.errors.ParserWarning)
            table = pandas.read_csv(
                path,
                sep=max(",;\t", key=header.count),
                dtype=str,
                index_col=False,
                encoding="utf-8-sig",
                keep_default_na=False,  # an empty cell is ""
            )
    except (ValueError, pandas.errors.ParserWarning) as error:  # empty, ragged or not UTF-8
        reason = str(error).strip().rstrip(".")
        raise ValueError(f"A table must be a csv in UTF-8. Received: {path} ({reason})") from error
    table = table.rename(columns=str.strip).apply(lambda column: column.fillna("").str.strip())
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise ValueError(f"{path} has columns of one name. Received: {twice[0]}")
    missing = [name for name in columns if name not in table]
    if missing:
        raise ValueError(f"{path} lacks the columns {missing}. Received: {list(table)}")
    return table
