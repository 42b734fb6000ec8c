"""Runs inside pysaliency's environment: `python pysaliency_scores.py CASES.npz SCORES.npz`.

Writes one array per score (one number per image), `seconds`, the process' time for those of our
table (the median of three runs after one that compiles), and `blur_seconds`, the time for blurring
the fixations with a sigma of 24 px. The maps are known by the value of the stimulus' pixels, so
that finding them costs nothing.
"""

import os
import sys
import time

for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402
import pysaliency  # noqa: E402

MIT = {
    "minimum_value": 0,
    "log_regularization": 2.2204e-16,
    "quotient_regularization": 2.2204e-16,
}


class Maps(pysaliency.SaliencyMapModel):
    """A map per stimulus."""

    def __init__(self, maps):
        super().__init__()
        self.maps = maps

    def _saliency_map(self, stimulus):
        return self.maps[stimulus.flat[0]]


class Densities(pysaliency.Model):
    """The same, divided by their sum, as log-densities."""

    def __init__(self, maps):
        super().__init__()
        self.maps = maps

    def _log_density(self, stimulus):
        density = self.maps[stimulus.flat[0]]
        return np.log(density / density.sum())


def fixations_of(n, x, y):
    return pysaliency.Fixations.create_without_history(x.astype(float), y.astype(float), n)


def scores(case, stimuli):
    """Name -> `[images]`; the models are new ones, so that nothing is cached between two calls."""
    model, truth = Maps(case["saliency"]), Maps(case["truth"])
    baseline = [case["baseline"]] * len(stimuli)
    fixations = fixations_of(case["n"], case["x"], case["y"])
    once = fixations_of(*np.unique(np.stack([case["n"], case["x"], case["y"]]), axis=1))
    nss = model.NSSs(stimuli, fixations)
    gain = Densities(case["saliency"]).information_gains(stimuli, fixations, Densities(baseline))
    return {
        "auc": model.AUC_per_image(stimuli, fixations),
        "auc_judd": model.AUC_per_image(
            stimuli, once, nonfixations="unfixated", thresholds="fixations"
        ),
        "sauc": model.AUC_per_image(stimuli, fixations, nonfixations="shuffled"),
        "nss": [nss[fixations.n == n].mean() for n in range(len(stimuli))],
        "ig": [gain[fixations.n == n].mean() for n in range(len(stimuli))],
        "cc": model.CCs(stimuli, truth),
        "sim": model.SIMs(stimuli, truth),
        "kld": model.KLDivs(stimuli, truth, **MIT),
    }


def main(source, target):
    case = dict(np.load(source))
    size = case["baseline"].shape
    stimuli = pysaliency.Stimuli(
        [np.full((*size, 3), k, np.uint8) for k in range(len(case["truth"]))]
    )
    found, seconds = scores(case, stimuli), []
    for _ in range(3):
        started = time.process_time()
        scores(case, stimuli)
        seconds.append(time.process_time() - started)
    fixations = fixations_of(case["n"], case["x"], case["y"])
    found["auc_unfixated"] = Maps(case["saliency"]).AUC_per_image(
        stimuli, fixations, nonfixations="unfixated"
    )
    started = time.process_time()
    blurred = pysaliency.FixationMap(
        stimuli, fixations, kernel_size=24.0, convolution_mode="constant"
    )
    for stimulus in stimuli:
        blurred.saliency_map(stimulus)
    blur_seconds = time.process_time() - started
    np.savez(target, seconds=np.median(seconds), blur_seconds=blur_seconds, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
