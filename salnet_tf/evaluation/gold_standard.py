"""Gold standard: how well the other observers predict one observer, the ceiling for a model.

Leave one observer out: kernels on the other observers' fixations, mixed with the centre bias and a
uniform share (Kuemmerer et al., PNAS 2015). The bandwidth and the three weights maximise the
likelihood of the left-out fixations over the whole set: one choice per data set, and it is printed.
"""

import dataclasses

import numpy as np
import scipy.optimize
import scipy.special

from salnet_tf.evaluation import centre_bias

BANDWIDTHS = (0.2, 5.0)  # searched, in units of the ground-truth sigma


@dataclasses.dataclass(frozen=True)
class GoldStandard:
    """The choice for one data set.

    Args:
        bandwidth: of the kernels, in units of each image's ground-truth sigma.
        weights: of kernels, centre bias and uniform density; sum to 1.
        bits: mean log-likelihood of the left-out fixations over the uniform density.
    """

    bandwidth: float
    weights: tuple
    bits: float

    def describe(self):
        """One line for the tables."""
        kernels, centre, uniform = self.weights
        return (
            f"leave one observer out: bandwidth {self.bandwidth:.2f} sigma, weights {kernels:.3f} "
            f"kernels, {centre:.3f} centre bias, {uniform:.3f} uniform; {self.bits:.3f} bits over "
            "uniform"
        )

    def densities(self, stimulus, centre):
        """For each observer, what the others predict.

        Args:
            stimulus: a `Stimulus`.
            centre: `[height, width]` centre bias density for this image.

        Yields:
            (own, density): `own` `[n]` bool marks the observer's fixations, `density`
            `[height, width]` sums to 1.
        """
        sigma = self.bandwidth * stimulus.sigma
        weights = 1 / _mass_inside(stimulus, sigma)
        rows, columns = (
            _kernels(stimulus.xy[:, 1 - axis], stimulus.size[axis], sigma) for axis in (0, 1)
        )
        everyone = (rows * weights[:, None]).T @ columns
        rest = self.weights[1] * centre + self.weights[2] / centre.size
        for observer in np.unique(stimulus.observers):
            own = stimulus.observers == observer
            others = everyone - (rows[own] * weights[own, None]).T @ columns[own]
            others = np.maximum(others, 0)  # a difference of equals may round below 0
            share = others.sum()
            others = others / share if not own.all() and share > 0 else centre
            yield own, self.weights[0] * others + rest


def fit(stimuli, centre):
    """Choose the bandwidth and weights for a set by leave-one-observer-out likelihood.

    Args:
        stimuli: list of `Stimulus`.
        centre: a `centre_bias.CentreBias`.

    Returns:
        A `GoldStandard`.
    """
    at_centre = np.concatenate([centre.at(s.relative_xy, s.image_id) for s in stimuli])

    def densities(log_bandwidth):
        kernels = np.concatenate([_left_out(s, np.exp(log_bandwidth)) for s in stimuli])
        kernels = np.where(np.isnan(kernels), at_centre, kernels)
        return np.stack([kernels, at_centre, np.ones_like(kernels)])

    def cost(log_bandwidth):
        parts = densities(log_bandwidth)
        return -np.mean(np.log2(centre_bias.mixture_weights(parts) @ parts))

    found = scipy.optimize.minimize_scalar(
        cost, bounds=np.log(BANDWIDTHS), method="bounded", options={"xatol": 0.02}
    )
    weights = centre_bias.mixture_weights(densities(found.x))
    return GoldStandard(float(np.exp(found.x)), tuple(map(float, weights)), float(-found.fun))


def _left_out(stimulus, bandwidth):
    """`[n]` density at each fixation from the others' kernels, 1 is uniform; NaN if none."""
    sigma = bandwidth * stimulus.sigma
    distance = np.square(stimulus.xy[:, None] - stimulus.xy[None]).sum(axis=-1)
    kernels = np.exp(-distance / (2 * sigma**2)) / _mass_inside(stimulus, sigma)
    others = stimulus.observers[:, None] != stimulus.observers[None]
    count = others.sum(axis=1)
    area = stimulus.size[0] * stimulus.size[1] / (2 * np.pi * sigma**2)
    total = np.where(others, kernels, 0).sum(axis=1) * area
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _mass_inside(stimulus, sigma):
    """`[n]` share of each fixation's Gaussian that lies inside the image."""
    root = sigma * np.sqrt(2)
    before = scipy.special.erf(stimulus.xy / root)
    behind = scipy.special.erf((np.array(stimulus.size[::-1]) - stimulus.xy) / root)
    return np.prod((before + behind) / 2, axis=1)


def _kernels(points, length, sigma):
    """`[n, length]` unnormalised Gaussians at pixel centres."""
    return np.exp(-0.5 * np.square((np.arange(length) + 0.5 - points[:, None]) / sigma))
