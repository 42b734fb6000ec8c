"""Earth mover's distance of two maps, exact, as a linear programme."""

import numpy as np
import scipy.optimize
import scipy.sparse
import scipy.spatial


def emd(density, saliency, downsize=32):
    """Earth mover's distance: the least mass times distance that turns one map into the other.

    As the MIT benchmark has it (Pele and Werman 2009): both maps are reduced, then divided by their
    sum; the distance is Euclidean, in pixels of the reduced map. Where both have mass it stays,
    which changes nothing for a metric distance and halves the programme.

    Args:
        density: truth, `[height, width]`, or a batch `[batch, height, width]` (`, 1`).
        saliency: prediction, same shape, non-negative, not all 0.
        downsize: whole factor of the reduction, by the mean over each cell.

    Returns:
        At least 0, per image.
    """
    density, saliency = np.asarray(density, np.float64), np.asarray(saliency, np.float64)
    if density.ndim > 2:
        truths, predictions = (x.reshape(x.shape[:3]) for x in (density, saliency))
        return np.array([emd(*pair, downsize) for pair in zip(truths, predictions, strict=True)])
    truth, prediction = (_reduce(x, downsize) for x in (density, saliency))
    surplus = truth / truth.sum() - prediction / prediction.sum()
    cells = np.stack(np.indices(surplus.shape), -1)
    sources, sinks = surplus > 0, surplus < 0
    if not sources.any() or not sinks.any():
        return 0.0
    cost = scipy.spatial.distance.cdist(cells[sources], cells[sinks])
    return _transport(surplus[sources], -surplus[sinks], cost)


def _transport(supply, demand, cost):
    """Least cost of bringing `supply` `[n]` to `demand` `[m]` at `cost` `[n, m]` per unit."""
    n, m = cost.shape
    leaves = scipy.sparse.kron(scipy.sparse.eye(n), np.ones((1, m)))
    arrives = scipy.sparse.kron(np.ones((1, n)), scipy.sparse.eye(m))
    balance = scipy.sparse.vstack([leaves, arrives]).tocsr()
    scale = 1 / max(supply.max(), demand.max())  # the solver's tolerances are absolute
    # Supply and demand are equal but for rounding, so one of the equations follows from the rest.
    solution = scipy.optimize.linprog(
        cost.ravel(),
        A_eq=balance[:-1],
        b_eq=scale * np.r_[supply, demand][:-1],
        method="highs-ds",
    )
    if solution.status != 0:
        raise RuntimeError(f"The earth mover's distance was not found: {solution.message}")
    return solution.fun / scale


def _reduce(image, factor):
    """Mean over cells of about `factor` pixels a side: an exact area average for any size."""
    for _ in range(2):
        length = image.shape[0]
        edges = np.linspace(0, length, -(-length // factor) + 1)
        cumulated = np.concatenate([np.zeros((1, image.shape[1])), np.cumsum(image, axis=0)])
        whole = np.minimum(edges.astype(int), length - 1)
        at_edges = cumulated[whole] + (edges - whole)[:, None] * image[whole]
        image = (np.diff(at_edges, axis=0) / np.diff(edges)[:, None]).T
    return image
