"""Whether fixations are plausible: repeats, places, one observer unlike the others."""

import collections

import cv2
import numpy as np

_GRID = (12, 16)  # cells (rows, columns) on which observers are compared
_REPEATED = 0.01  # share of fixations at the place of the one before
_NARROW = 0.35  # of a side, that nearly all fixations lie within
_ASIDE = 0.2  # of a side, between their mean and the centre
_FEW_OBSERVERS, _FEW_IMAGES, _FEW_FIXATIONS = 4, 8, 50
_UNLIKE = 5.0  # deviations below the others


class Plausibility:
    """What is seen of a set, image by image; `warnings` says what is odd."""

    def __init__(self):
        self._repeated = 0
        self._relative = []
        self._scores = collections.defaultdict(list)

    def look(self, relative, observers):
        """Take an image's fixations.

        Args:
            relative: `[n, 2]` x and y as shares of width and height, in each observer's order.
            observers: `[n]` whose each is.
        """
        relative, observers = np.asarray(relative, np.float32), np.asarray(observers)
        known = np.isfinite(relative).all(axis=1)
        relative, observers = relative[known], observers[known]
        order = np.argsort(observers, kind="stable")
        same = np.all(np.diff(relative[order], axis=0) == 0, axis=1)
        self._repeated += int(np.sum(same & (np.diff(observers[order]) == 0)))
        self._relative.append(relative)
        own = {who: _counts(relative[observers == who]) for who in np.unique(observers)}
        if len(own) < _FEW_OBSERVERS:
            return
        together = sum(own.values())
        for who, counts in own.items():
            others = cv2.GaussianBlur(together - counts, (0, 0), 1.0)
            expected = (others * counts).sum() / counts.sum()
            self._scores[who].append(expected / others.mean())

    def warnings(self, names=()):
        """A sentence for everything that is odd.

        Args:
            names: of the observers, by number; empty where unknown.
        """
        relative = np.concatenate(self._relative) if self._relative else np.zeros((0, 2))
        if len(relative) < _FEW_FIXATIONS:
            return []
        found = []
        if self._repeated > _REPEATED * len(relative):
            found.append(
                f"{self._repeated} of {len(relative)} fixations lie exactly where the one before "
                "them does: has the table a row per sample, or rows of both eyes?"
            )
        low, high = np.percentile(relative, [2, 98], axis=0)
        for axis, side in ((0, "width"), (1, "height")):
            if high[axis] - low[axis] < _NARROW:
                found.append(
                    f"nearly all fixations lie within {low[axis]:.2f}..{high[axis]:.2f} of the "
                    f"images' {side}: are units, offset and scale right?"
                )
        aside = np.abs(relative.mean(axis=0) - 0.5)
        if aside.max() > _ASIDE:
            x, y = relative.mean(axis=0)
            found.append(
                f"the mean fixation is at {x:.2f}, {y:.2f} of the images, far from their centre: "
                "is the offset right, does y grow downwards?"
            )
        return found + self._unlike(names)

    def _unlike(self, names):
        """Observers who look where nobody else does."""
        scores = {
            who: float(np.mean(of_images))
            for who, of_images in self._scores.items()
            if len(of_images) >= _FEW_IMAGES
        }
        if len(scores) < _FEW_OBSERVERS:
            return []
        values = np.array(list(scores.values()))
        middle = np.median(values)
        spread = max(1.4826 * np.median(np.abs(values - middle)), 0.02 * middle)
        return [
            f"observer {names[who] if who < len(names) else who} looks elsewhere than all others "
            f"(agreement {score:.2f}, the others' median {middle:.2f}): are the coordinates right?"
            for who, score in scores.items()
            if score < middle - _UNLIKE * spread and score < 0.7 * middle
        ]


def _counts(relative):
    """Fixations per cell, `[rows, columns]`."""
    rows, columns = _GRID
    cells = np.clip((relative * (columns, rows)).astype(int), 0, (columns - 1, rows - 1))
    counts = np.zeros(_GRID, np.float32)
    np.add.at(counts, (cells[:, 1], cells[:, 0]), 1)
    return counts
