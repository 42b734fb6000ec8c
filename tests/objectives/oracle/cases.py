"""Random maps and fixations that both this project and pysaliency score; needs NumPy alone."""

import numpy as np


def make(count, size, fixations, seed=0):
    """`count` images as one dictionary of arrays, which `np.savez` can hand to another process.

    Every third prediction is rounded to few values (ties), the last is constant if there are at
    least four; some pixels are fixated twice.

    Returns:
        saliency, truth: `[count, height, width]` positive; baseline: `[height, width]`, sums to 1;
        n, x, y: image and pixel of each fixation.
    """
    rng, (height, width) = np.random.default_rng(seed), size
    y, x = np.mgrid[:height, :width]
    baseline = np.exp(-8 * (((x + 0.5) / width - 0.5) ** 2 + ((y + 0.5) / height - 0.5) ** 2))
    case = {"saliency": [], "truth": [], "n": [], "x": [], "y": []}
    for k in range(count):
        smooth = sum(_bump(rng, x, y) for _ in range(4))
        saliency = smooth * rng.uniform(0.5, 1.5, size) + 1e-3
        if k % 3 == 2:
            saliency = np.ceil(5 * saliency / saliency.max())
        constant = k == count - 1 and count > 3
        case["saliency"].append(np.ones(size) if constant else saliency)
        case["truth"].append(smooth + 1e-4)
        flat = rng.choice(smooth.size, fixations, p=(smooth / smooth.sum()).ravel())
        flat[-2:] = flat[:2]
        case["n"].append(np.full(fixations, k))
        case["y"].append(flat // width)
        case["x"].append(flat % width)
    arrays = {name: np.stack(case[name]) for name in ("saliency", "truth")}
    points = {name: np.concatenate(case[name]) for name in ("n", "x", "y")}
    return {**arrays, **points, "baseline": baseline / baseline.sum()}


def _bump(rng, x, y):
    centre, spread = rng.random(2) * x.shape[::-1], rng.uniform(0.05, 0.2) * x.shape[1]
    return np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * spread**2))
