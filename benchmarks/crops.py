"""Do smart crops keep what people look at? SalNet's beside those of other tools.

    python -m benchmarks.crops --source=osie --source=pascal_s:test

Each set is a folder with images/, fixations.csv (image, observer, order, x, y) and splits.csv. Of
every photo the largest window of an aspect ratio is cut; what counts is the share of people's
fixations that lie inside, without each person's first one, which begins in the middle of the screen
before anything was chosen. Two rows say what could be had: windows chosen by where the other people
looked, each person left out in turn, and the best window there is, found with the very fixations
that count. Other tools take part where they are installed: pyvips (libvips, which sharp is built
on) and smartcrop.
"""

import csv
import dataclasses
import functools
import os

import cv2
import numpy as np
from absl import flags

from salnet_tf import command_line
from salnet_tf.images import crop, reading
from salnet_tf.serving import predictor

_RESAMPLES = 10_000
_OTHERS = "where the other people looked"
_BEST = "best window there is"
_SIGMA = 0.03  # of the longer side


@dataclasses.dataclass(frozen=True)
class Photo:
    """A photo of a set.

    Attributes:
        path: of its file.
        size: (height, width).
        xy: `[n, 2]`, the fixations that count, in pixels.
        observers: `[n]`, the number of each fixation's observer.
    """

    path: str
    size: tuple[int, int]
    xy: np.ndarray
    observers: np.ndarray


def read_set(folder, split):
    """The photos of a split that have fixations, a list of `Photo`."""
    with open(os.path.join(folder, "splits.csv"), newline="") as file:
        names = [row["image"] for row in csv.DictReader(file) if row["split"] == split]
    trials = {}
    with open(os.path.join(folder, "fixations.csv"), newline="") as file:
        for row in csv.DictReader(file):
            trial = trials.setdefault(row["image"], {}).setdefault(row["observer"], [])
            trial.append((int(row["order"]), float(row["x"]), float(row["y"])))
    photos = []
    for name in names:
        observers = enumerate(trials.get(name, {}).values())
        rows = [(x, y, i) for i, trial in observers for _, x, y in sorted(trial)[1:]]
        path = os.path.join(folder, "images", name)
        if rows:
            size, rows = reading.read_image(path).shape[:2], np.array(rows)
            photos.append(Photo(path, size, rows[:, :2], rows[:, 2].astype(int)))
    if not photos:
        raise ValueError(f"No photo of the split has fixations. Received: {folder}:{split}")
    return photos


def kept(photo, box):
    """The share of a photo's fixations inside (left, top, right, bottom)."""
    (x, y), (left, top, right, bottom) = photo.xy.T, box
    return float(np.mean((x >= left) & (x < right) & (y >= top) & (y < bottom)))


def window_at(photo, aspect, x, y):
    """The largest window of an aspect ratio whose middle is as near to a point as it can be."""
    height, width = photo.size
    wide, tall = _window_size(photo.size, aspect)
    left = min(max(round(x - wide / 2), 0), width - wide)
    top = min(max(round(y - tall / 2), 0), height - tall)
    return left, top, left + wide, top + tall


def best_window(photo, aspect):
    """The window that keeps the most fixations."""
    return crop.window(_counts(photo, photo.xy), aspect, photo.size)


def kept_by_others(photo, aspect):
    """What windows keep that are chosen by where the other people looked, each person left out."""
    inside = []
    for observer in set(photo.observers.tolist()):
        mine = photo.observers == observer
        counts = _counts(photo, photo.xy[~mine])
        density = cv2.GaussianBlur(counts, (0, 0), _SIGMA * max(photo.size))
        one = dataclasses.replace(photo, xy=photo.xy[mine])
        inside.append(kept(one, crop.window(density, aspect, photo.size)) * mine.sum())
    return sum(inside) / len(photo.xy)


def _counts(photo, xy):
    """Fixations per pixel."""
    height, width = photo.size
    counts = np.zeros(photo.size, np.float32)
    x, y = np.clip(xy.astype(int).T, 0, [[width - 1], [height - 1]])
    np.add.at(counts, (y, x), 1)
    return counts


def libvips(photo, aspect, interesting):
    """The window of libvips, as sharp's `position: attention` and `entropy`."""
    import pyvips

    wide, tall = _window_size(photo.size, aspect)
    cut = (
        pyvips.Image.new_from_file(photo.path)
        .autorot()
        .smartcrop(wide, tall, interesting=interesting)
    )
    left, top = -cut.xoffset, -cut.yoffset
    return left, top, left + wide, top + tall


def smartcrop_py(photo, aspect):
    """The window of smartcrop.py, the largest of the shape."""
    import smartcrop
    from PIL import Image

    wide, tall = _window_size(photo.size, aspect)
    with Image.open(photo.path) as image:
        found = smartcrop.SmartCrop().crop(image.convert("RGB"), wide, tall, min_scale=1.0)
    left, top = found["top_crop"]["x"], found["top_crop"]["y"]
    left, top = min(left, photo.size[1] - wide), min(top, photo.size[0] - tall)
    return left, top, left + wide, top + tall


def methods(models):
    """name -> function of (photo, aspect) that gives a window; those that are installed."""
    found = {"centre crop": lambda photo, aspect: window_at(photo, aspect, *_middle(photo))}
    if _is_installed("pyvips"):
        for interesting in ("attention", "entropy"):
            found[f"libvips {interesting}"] = functools.partial(libvips, interesting=interesting)
    if _is_installed("smartcrop"):
        found["smartcrop.py"] = smartcrop_py
    for model in models:
        density = functools.lru_cache(1)(predictor.load(model).predict)
        found[f"`{model}`, focal point"] = functools.partial(_at_focal_point, density)
        found[f"`{model}`"] = functools.partial(_salnet, density)
    found[_BEST] = best_window
    return found


def measure(photos, aspects, found):
    """The share each method keeps of each photo: {method: `[aspects, photos]`}."""
    names = [*list(found)[:-1], _OTHERS, _BEST]
    shares = {name: np.zeros((len(aspects), len(photos))) for name in names}
    for j, photo in enumerate(command_line.progress(photos, len(photos), "photo")):
        for i, aspect in enumerate(aspects):
            for name, method in found.items():
                shares[name][i, j] = kept(photo, method(photo, aspect))
            shares[_OTHERS][i, j] = kept_by_others(photo, aspect)
    return shares


def interval(values):
    """(low, high) of the mean with 95 %, by the bootstrap over photos."""
    draws = np.random.default_rng(0).integers(0, len(values), (_RESAMPLES, len(values)))
    return tuple(np.percentile(values[draws].mean(axis=1), [2.5, 97.5]))


def markdown(results, aspects):
    """A row per method: mean share, its interval, and that share in parts of the best window's.

    Args:
        results: name of a set -> what `measure` gives.
        aspects: texts.
    """
    titles = [f"{name} {aspect}" for name in results for aspect in aspects]
    lines = [f"| | {' | '.join(titles)} |", "|---" + "|---:" * len(titles) + "|"]
    for method in next(iter(results.values())):
        cells = []
        for shares in results.values():
            for mine, best in zip(shares[method], shares[_BEST], strict=True):
                low, high = interval(mine)
                cell = f"{_dot(mine.mean())} ({_dot(low)}-{_dot(high)})"
                if method != _BEST:
                    cell += f", {_dot(mine.mean() / best.mean())}"
                cells.append(cell)
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines)


def differences(results, aspects, method):
    """What a method keeps more than each other one, paired by photo, with intervals: lines."""
    lines = []
    for name, shares in results.items():
        for i, aspect in enumerate(aspects):
            for other, theirs in shares.items():
                if other not in (method, _OTHERS, _BEST):
                    gain = shares[method][i] - theirs[i]
                    low, high = interval(gain)
                    lines.append(
                        f"{name} {aspect}: {method} keeps {gain.mean():+.3f} ({low:+.3f} to "
                        f"{high:+.3f}) beside {other}"
                    )
    return lines


def _salnet(density, photo, aspect):
    return crop.window(density(photo.path), aspect, photo.size)


def _at_focal_point(density, photo, aspect):
    x, y = crop.focal_point(density(photo.path))
    return window_at(photo, aspect, x * photo.size[1], y * photo.size[0])


def _middle(photo):
    return photo.size[1] / 2, photo.size[0] / 2


def _window_size(size, aspect):
    """(width, height) of the largest window of an aspect ratio, as `crop.window` makes it."""
    left, top, right, bottom = crop.window(np.ones((1, 1)), aspect, size)
    return right - left, bottom - top


def _is_installed(name):
    try:
        __import__(name)
    except (ImportError, OSError):
        return False
    return True


def _dot(value):
    """`.912`, as tables write shares."""
    return f"{value:.3f}".removeprefix("0")


def main(_):
    cv2.setNumThreads(1)
    aspects = [crop.parse_shape(text).aspect for text in flags.FLAGS.aspects]
    found = methods(flags.FLAGS.models)
    results = {}
    for source in flags.FLAGS.source or ():
        folder, _, split = source.partition(":")
        photos = read_set(folder, split or "validation")
        title = f"{os.path.basename(os.path.normpath(folder))} ({len(photos)})"
        results[title] = measure(photos, aspects, found)
    if not results:
        raise ValueError("Name a set with --source=FOLDER.")
    print("share of fixations kept (95 % interval), and in parts of the best window's mean\n")
    print(markdown(results, flags.FLAGS.aspects), "\n")
    for model in flags.FLAGS.models:
        print("\n".join(differences(results, flags.FLAGS.aspects, f"`{model}`")))


def _define_flags():
    flags.DEFINE_multi_string("source", None, "FOLDER or FOLDER:SPLIT (validation).")
    flags.DEFINE_list("models", ["salnet_distilled"], "As in salnet-predict.")
    flags.DEFINE_list("aspects", ["1:1", "9:16"], "WIDTH:HEIGHT each.")


if __name__ == "__main__":
    _define_flags()
    command_line.run(main, needs_tensorflow=False)
