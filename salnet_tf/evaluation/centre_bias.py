"""Centre bias: where people look whatever the image shows, a density in relative coordinates."""

import dataclasses

import cv2
import numpy as np
import scipy.ndimage

from salnet_tf.images import geometry

# Grid of the density over relative coordinates; finer than any bandwidth tried below.
GRID = (120, 160)
BANDWIDTHS = np.geomspace(0.01, 0.1, 9)


def mixture_weights(densities, iterations=100):
    """Weights of a mixture that maximise the likelihood of points, by expectation maximisation.

    Args:
        densities: `[k, n]` each component's density at each point; at least one positive per point.
        iterations: of the algorithm, which never lowers the likelihood.

    Returns:
        `[k]` weights that sum to 1.
    """
    weights = np.full(len(densities), 1 / len(densities))
    for _ in range(iterations):
        shares = weights[:, None] * densities
        weights = np.mean(shares / shares.sum(axis=0), axis=1)
    return weights


@dataclasses.dataclass
class CentreBias:
    """Density of relative fixations: Gaussian kernels plus a uniform share.

    Args:
        counts: `[*GRID]` fixations per cell.
        bandwidth: of the kernels, share of width and height.
        uniform: share of the uniform density, 0..1.
        own: image_id -> flat cells of its fixations, for images that are in `counts`.
    """

    counts: np.ndarray
    bandwidth: float
    uniform: float
    own: dict

    def density(self, size, image_id=None):
        """Density at `size`, sums to 1; an image that was fitted on is left out first."""
        return _to_size(self._grid(image_id), size)

    def describe(self, where):
        """What it is, for a table; `where` it was fitted."""
        return (
            f"kernel density of {where} in relative coordinates, bandwidth {self.bandwidth:.3f}, "
            f"uniform share {self.uniform:.3f}"
        )

    def at(self, relative_xy, image_id=None):
        """`[n]` density at relative points, 1 on average over the unit square."""
        return self._grid(image_id).ravel()[_cells(relative_xy)] * np.prod(GRID)

    def _grid(self, image_id):
        counts = self.counts
        if image_id in self.own:
            counts = counts - np.bincount(self.own[image_id], minlength=counts.size).reshape(GRID)
        return _mixed(_blurred(counts, self.bandwidth), self.uniform)


def fit(stimuli, folds=10):
    """Fit a centre bias: bandwidth and uniform share by cross-validated likelihood over images.

    Args:
        stimuli: list of `Stimulus`.
        folds: of the cross-validation; as many as images if there are fewer.

    Returns:
        A `CentreBias` that leaves each of these images out when asked about it.
    """
    own = {stimulus.image_id: _cells(stimulus.relative_xy) for stimulus in stimuli}
    cells = list(own.values())
    counts = _histogram(cells)
    if len(cells) < 2:
        return CentreBias(counts, BANDWIDTHS[len(BANDWIDTHS) // 2], 1.0, own)
    folds = [cells[k::folds] for k in range(min(folds, len(cells)))]
    best = max(_cross_validated(counts, folds, bandwidth) for bandwidth in BANDWIDTHS)
    return CentreBias(counts, best[1], best[2], own)


@dataclasses.dataclass
class MeanMap:
    """Centre bias of a set of maps: their mean in relative coordinates.

    Args:
        total: `[*GRID]` sum of the maps, each of which sums to 1.
        own: image_id -> its map, for images that are in `total`.
    """

    total: np.ndarray
    own: dict

    def density(self, size, image_id=None):
        """Density at `size`, sums to 1; an image that was fitted on is left out first."""
        grid = self.total - self.own.get(image_id, 0.0)
        return _to_size(np.maximum(grid, 0) if grid.any() else np.ones(GRID), size)

    def describe(self, where):
        """What it is, for a table; `where` it was fitted."""
        return f"mean of the maps of {where} in relative coordinates"


def mean_map(stimuli):
    """The `MeanMap` of stimuli with saliency maps."""
    own = {}
    for stimulus in stimuli:
        saliency = geometry.resize_image(np.asarray(stimulus.saliency_map, np.float32), GRID)
        own[stimulus.image_id] = saliency.astype(np.float64) / saliency.sum()
    return MeanMap(sum(own.values()), own)


def _cross_validated(counts, folds, bandwidth):
    """(mean log-likelihood of the held-out points, bandwidth, uniform share)."""
    held_out = []
    for fold in folds:
        grid = _blurred(counts - _histogram(fold), bandwidth).ravel()
        held_out.append(grid[np.concatenate(fold)] * grid.size)
    densities = np.stack([np.concatenate(held_out), np.ones(sum(map(len, held_out)))])
    weights = mixture_weights(densities)
    return np.mean(np.log(weights @ densities)), bandwidth, weights[1]


def _blurred(counts, bandwidth):
    """Kernel density on the grid, sums to 1; uniform where nothing is counted."""
    sigma = np.multiply(GRID, bandwidth)
    blurred = scipy.ndimage.gaussian_filter(counts.astype(np.float64), sigma, mode="constant")
    return blurred / blurred.sum() if counts.any() else np.full(GRID, 1 / counts.size)


def _mixed(grid, uniform):
    return (1 - uniform) * grid + uniform / grid.size


def _histogram(cells):
    flat = np.concatenate([np.zeros(0, np.int64), *cells])
    return np.bincount(flat, minlength=np.prod(GRID)).reshape(GRID)


def _cells(relative_xy):
    rows, columns = (
        np.clip((relative_xy[:, 1 - axis] * GRID[axis]).astype(int), 0, GRID[axis] - 1)
        for axis in (0, 1)
    )
    return rows * GRID[1] + columns


def _to_size(grid, size):
    density = cv2.resize(grid, size[::-1], interpolation=cv2.INTER_LINEAR)
    return density / density.sum()
