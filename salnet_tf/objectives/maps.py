"""Arithmetic of maps: normalisations, log-density, the density of blurred points.

A map is one image's `[height, width]` or a batch's `[batch, height, width]` or `[batch, height,
width, 1]`; every reduction is per image. `mask` (same shape, 1 on the image, 0 on the padding)
takes the padding out of every sum, mean, minimum and maximum. float64 stays float64, everything
else is computed in float32. No function returns NaN for finite input, and a constant map is a map
like any other: uniform.
"""

import math

import keras
from keras import ops

# Logits are clipped here, so that the worst loss of a batch is still a finite float32.
LOGIT_LIMIT = 1e20
_PADDING_LOGIT = -1e30


def as_float(x):
    """`x` as a tensor of float32 or, if it was that already, float64."""
    x = ops.convert_to_tensor(x)
    return x if _is_double(x) else ops.cast(x, "float32")


def spatial_axes(x):
    """The axes of one image: both of `[height, width]`, else all but the first."""
    rank = len(x.shape)
    return (0, 1) if rank == 2 else tuple(range(1, rank))


def masked(x, mask, fill=0.0):
    """`x` with the padding replaced by `fill`."""
    return x if mask is None else ops.where(ops.cast(mask, "bool"), x, fill)


def mean(x, mask=None):
    """Mean over each image's unmasked pixels: `[batch]`, a scalar for one map."""
    return divide(total(masked(x, mask)), total(masked(ops.ones_like(x), mask)))


def total(x, keepdims=False):
    """Sum over each image's pixels: `[batch]`, a scalar for one map."""
    return ops.sum(x, axis=spatial_axes(x), keepdims=keepdims)


def maximum(x, mask=None):
    """Largest value of each image, keeping the axes."""
    return ops.max(masked(x, mask, -math.inf), axis=spatial_axes(x), keepdims=True)


def minimum(x, mask=None):
    """Smallest value of each image, keeping the axes."""
    return ops.min(masked(x, mask, math.inf), axis=spatial_axes(x), keepdims=True)


def divide(x, y):
    """`x / y`, and 0 where `y` is 0, in value and gradient."""
    positive = y != 0
    return ops.where(positive, x / ops.where(positive, y, 1.0), 0.0)


def normalize_sum(x, mask=None):
    """The map as a density: a negative minimum raised to 0, divided by the sum.

    Returns:
        Same shape, non-negative, sums to 1 over the unmasked pixels; uniform if `x` is 0
        everywhere.
    """
    x = as_float(x)
    x = masked(x - ops.minimum(minimum(x, mask), 0.0), mask)
    share = total(x, keepdims=True)
    ones = masked(ops.ones_like(x), mask)
    uniform = divide(ones, total(ones, keepdims=True))
    return ops.where(share > 0, divide(x, share), uniform)


def normalize_max(x, mask=None):
    """A non-negative map divided by its maximum: 0..1, 0 on the padding; all 0 stays 0."""
    x = masked(as_float(x), mask)
    return divide(x, maximum(x))


def normalize_range(x, mask=None):
    """The map stretched to 0..1, 0 on the padding; a constant map becomes 0."""
    x = as_float(x)
    low = minimum(x, mask)
    return masked(divide(x - low, maximum(x, mask) - low), mask)


def standardize(x, mask=None, ddof=0):
    """The map with mean 0 and standard deviation 1, 0 on the padding; a constant map becomes 0.

    Args:
        x: a map.
        mask: 1 on the image, 0 on the padding, or None.
        ddof: 0 for the population's standard deviation, 1 for the sample's.
    """
    x = masked(as_float(x), mask)
    x = divide(x, ops.stop_gradient(maximum(ops.absolute(x))))
    ones = masked(ops.ones_like(x), mask)
    count = total(ones, keepdims=True)
    deviation = masked(x - divide(total(x, keepdims=True), count), mask)
    variance = divide(total(deviation**2, keepdims=True), ops.maximum(count - ddof, 1.0))
    # Below a few units in the last place of the largest value, a spread is rounding.
    floor = (4 * (2.0**-52 if _is_double(x) else 2.0**-23)) ** 2
    return ops.where(variance > floor, deviation / ops.sqrt(ops.maximum(variance, floor)), 0.0)


def log_density(logits, mask=None):
    """Log-softmax over each image's unmasked pixels.

    Args:
        logits: `[batch, height, width, 1]` (or one map), log-density up to a constant; any float
            type, clipped to +-1e20.
        mask: 1 on the image, 0 on the padding, or None.

    Returns:
        Natural logarithm of the density, same shape; about -1e30 on the padding.
    """
    logits = ops.clip(as_float(logits), -LOGIT_LIMIT, LOGIT_LIMIT)
    logits = masked(logits, mask, _PADDING_LOGIT)
    shifted = logits - ops.stop_gradient(maximum(logits))
    return shifted - ops.log(total(ops.exp(shifted), keepdims=True))


def density(logits, mask=None):
    """`exp(log_density)`: sums to 1 over each image, 0 on the padding."""
    return ops.exp(log_density(logits, mask))


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
    sigma = ops.cast(ops.convert_to_tensor(sigma), xy.dtype)[..., None, None]

    def kernels(points, length):
        centres = ops.arange(length, dtype=xy.dtype) + 0.5
        return ops.exp(-0.5 * ops.square((centres - points[..., None]) / sigma))

    columns = kernels(xy[..., 0], size[1])
    rows = kernels(xy[..., 1], size[0]) * weights[..., None]
    blurred = ops.matmul(ops.swapaxes(rows, -1, -2), columns)
    share = ops.sum(blurred, axis=(-2, -1), keepdims=True)
    uniform = ops.full_like(blurred, 1.0 / (size[0] * size[1]))
    return ops.where(share > 0, divide(blurred, share), uniform)


def _is_double(x):
    return keras.backend.standardize_dtype(x.dtype) == "float64"
