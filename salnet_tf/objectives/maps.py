"""Arithmetic of maps: normalisations, log-density, the density of blurred points.

A map is one image's `[height, width]` or a batch's `[batch, height, width]` or
`[batch, height, width, 1]`; every reduction is per image. `mask` (same shape, 1 on the image, 0 on
the padding) takes the padding out of every sum, mean, minimum and maximum.

Each formula is written once for NumPy arrays and for tensors of any Keras backend: `log`, `where`
and the like are `numpy`'s for NumPy arrays, else those of `keras.ops`. float64 stays float64,
everything else is computed in float32. No function returns NaN for finite input, and a constant map
is a map like any other.
"""

import functools
import math

import numpy as np
from keras import backend, ops

# Logits are clipped here, so that the worst loss of a batch is still a finite float32.
LOGIT_LIMIT = 1e20
_PADDING_LOGIT = -1e30


def _namespace(*arrays):
    """`numpy` if all arrays are NumPy's, else `keras.ops`; None is neither."""
    known = np.ndarray, np.generic, float, int, type(None)
    return np if all(isinstance(x, known) for x in arrays) else ops


def _of_either(name):
    """A function of this name for NumPy arrays and for tensors."""

    @functools.wraps(getattr(np, name))
    def function(*arrays, **options):
        return getattr(_namespace(*arrays), name)(*arrays, **options)

    return function


exp, log, where = map(_of_either, ("exp", "log", "where"))
maximum, minimum, clip = map(_of_either, ("maximum", "minimum", "clip"))
absolute, ones_like = map(_of_either, ("absolute", "ones_like"))


def as_float(x):
    """`x` in float32 or, if it was that already, float64; a NumPy array stays one."""
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiub":
        return x if x.dtype == np.float64 else x.astype(np.float32, copy=False)
    x = ops.convert_to_tensor(x)
    return x if is_double(x) else ops.cast(x, "float32")


def is_double(x):
    return backend.standardize_dtype(x.dtype) == "float64"


def spatial_axes(x):
    """The axes of one image: both of `[height, width]`, else all but the first."""
    rank = len(x.shape)
    return (0, 1) if rank == 2 else tuple(range(1, rank))


def masked(x, mask, fill=0.0):
    """`x` with the padding replaced by `fill`."""
    return x if mask is None else where(mask > 0, x, fill)


def total(x, keepdims=False):
    """Sum over each image's pixels: `[batch]`, a scalar for one map."""
    return _namespace(x).sum(x, axis=spatial_axes(x), keepdims=keepdims)


def count(x, mask=None):
    """Unmasked pixels of each image, keeping the axes."""
    if mask is not None or None in x.shape:
        return total(masked(_namespace(x).ones_like(x), mask), keepdims=True)
    axes = spatial_axes(x)
    shape = [1 if axis in axes else side for axis, side in enumerate(x.shape)]
    return _namespace(x).full(shape, math.prod(x.shape) / math.prod(shape), dtype=x.dtype)


def mean(x, mask=None, keepdims=False):
    """Mean over each image's unmasked pixels: `[batch]`, a scalar for one map."""
    share = total(masked(x, mask), keepdims=True) / at_least_one(count(x, mask))
    return share if keepdims else total(share)


def largest(x, mask=None):
    """Largest value of each image, keeping the axes."""
    return _namespace(x).max(masked(x, mask, -math.inf), axis=spatial_axes(x), keepdims=True)


def smallest(x, mask=None):
    """Smallest value of each image, keeping the axes."""
    return _namespace(x).min(masked(x, mask, math.inf), axis=spatial_axes(x), keepdims=True)


def at_least_one(x):
    """`x` with whatever is 0 or less made 1: a divisor that is safe in value and gradient."""
    return where(x > 0, x, 1.0)


def normalize_sum(x, mask=None):
    """The map as a density: a negative minimum raised to 0, divided by the sum.

    Returns:
        Same shape, non-negative, sums to 1 over the unmasked pixels; uniform if `x` is 0
        everywhere.
    """
    x = as_float(x)
    x = masked(x - minimum(_constant(smallest(x, mask)), 0.0), mask)
    share = total(x, keepdims=True)
    uniform = where(share > 0, 0.0, 1.0 / at_least_one(count(x, mask)))
    return x / at_least_one(share) + masked(uniform, mask)


def normalize_max(x, mask=None):
    """A non-negative map divided by its maximum: 0..1, 0 on the padding; all 0 stays 0."""
    x = masked(as_float(x), mask)
    return x / at_least_one(largest(x))


def normalize_range(x, mask=None):
    """The map stretched to 0..1, 0 on the padding; a constant map becomes 0."""
    x = as_float(x)
    low = smallest(x, mask)
    return masked((x - low) / at_least_one(largest(x, mask) - low), mask)


def centred(x, mask=None, ddof=0):
    """Deviation from the mean, and the reciprocal standard deviation.

    Args:
        x: a map.
        mask: 1 on the image, 0 on the padding, or None.
        ddof: 0 for the population's standard deviation, 1 for the sample's.

    Returns:
        (deviation, scale): a map, 0 on the padding, and a number per image that keeps the axes, 0
        for a constant map; their product is the standardised map.
    """
    x = as_float(x)
    average = mean(x, mask, keepdims=True)
    deviation = masked(x - average, mask)
    variance = total(deviation * deviation, keepdims=True) / at_least_one(count(x, mask) - ddof)
    return deviation, reciprocal_std(variance, average)


def reciprocal_std(variance, average):
    """1 / the standard deviation; 0 for a constant map."""
    std = where(variance > 0, at_least_one(variance) ** 0.5, 0.0)
    # Below a few units in the last place of the mean, a spread is rounding.
    varies = std > 4 * (2.0**-52 if is_double(average) else 2.0**-23) * absolute(average)
    return where(varies, 1 / at_least_one(std), 0.0)


def log_density(logits, mask=None):
    """Log-softmax over each image's unmasked pixels.

    Args:
        logits: `[batch, height, width, 1]` (or one map), log-density up to a constant; any float
            type, clipped to +-1e20.
        mask: 1 on the image, 0 on the padding, or None.

    Returns:
        Natural logarithm of the density, same shape; about -1e30 on the padding.
    """
    logits = as_float(logits)
    logits = masked(clip(logits, -LOGIT_LIMIT, LOGIT_LIMIT), mask, _PADDING_LOGIT)
    shifted = logits - _constant(largest(logits))
    return shifted - log(total(exp(shifted), keepdims=True))


def density(logits, mask=None):
    """`exp(log_density)`: sums to 1 over each image, 0 on the padding."""
    return exp(log_density(logits, mask))


def density_of_points(xy, weights, size, sigma):
    """The density of points blurred by an isotropic Gaussian, evaluated at the pixels' centres.

    Separable, hence one matrix product per image: `Gy^T diag(weights) Gx`. What the Gaussians lose
    beyond the border is made up for by dividing by the sum.

    Args:
        xy: `[..., n, 2]` points (x right, y down) in pixels; pixel i spans `[i, i + 1)`.
        weights: `[..., n]`, at least 0; 0 for a point that only fills the shape.
        size: (height, width) in pixels.
        sigma: standard deviation in pixels, a number or `[...]`.

    Returns:
        `[..., height, width]`, sums to 1; uniform where all weights are 0.
    """
    xy, weights = as_float(xy), as_float(weights)
    xp = _namespace(xy, weights, sigma)
    sigma = sigma if isinstance(sigma, (int, float)) else as_float(sigma)[..., None, None]

    def kernels(points, length):
        centres = xp.arange(length, dtype=xy.dtype) + 0.5
        exponents = -0.5 * xp.square((centres - points[..., None]) / sigma)
        return xp.exp(xp.maximum(exponents, -80.0))  # numbers below the normal range are slow

    columns = kernels(xy[..., 0], size[1])
    rows = kernels(xy[..., 1], size[0]) * weights[..., None]
    blurred = xp.matmul(xp.swapaxes(rows, -1, -2), columns)
    share = xp.sum(blurred, axis=(-2, -1), keepdims=True)
    uniform = 1.0 / (size[0] * size[1])
    return where(share <= 0, blurred + uniform, blurred / at_least_one(share))


def _constant(x):
    """`x` without its gradient."""
    return x if isinstance(x, (np.ndarray, np.generic)) else ops.stop_gradient(x)
