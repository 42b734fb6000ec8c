"""Time our table and pysaliency's on the same maps: `make bench-metrics`, one thread each.

`python -m benchmarks.metrics PYTHON_OF_ORACLE [IMAGES]`. Timed are the scores that both have, from
fixations and finished maps; ours that pysaliency lacks are a line of their own.
pysaliency is called as its users call it, by the methods of a `SaliencyMapModel` (`AUC_per_image`,
`NSSs`, `CCs`, ...) and `Model.information_gains`, over all images at once; its Judd is spared the
jitter, which ours has. Times are the process' own, so that a busy machine matters less.
"""

import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

from salnet_tf.evaluation import scoring, stimuli

ORACLE = pathlib.Path(__file__).resolve().parents[1] / "tests" / "objectives" / "oracle"
COMMON = ["auc", "auc_judd", "sauc", "nss", "ig", "cc", "sim", "kld"]  # both have them
ALONE = ["auc_borji", "sauc_cb"]


def truths(case):
    """A `scoring.Truth` per image, with the truth map of the case."""
    size = case["baseline"].shape
    xy = np.stack([case["x"], case["y"]], axis=1) + 0.5
    for k, density in enumerate(case["truth"]):
        own = case["n"] == k
        stimulus = stimuli.Stimulus(str(k), b"", size, xy[own], np.zeros(own.sum()), 24.0)
        truth = scoring.Truth(stimulus, xy[~own] / size[::-1], case["baseline"])
        truth.__dict__["density"] = density
        yield truth


def ours(case, names):
    """Name -> `[images]`."""
    pairs = zip(truths(case), case["saliency"], strict=True)
    values = [scoring.score(truth, saliency, names) for truth, saliency in pairs]
    return {name: np.array([each[name] for each in values]) for name in names}


def blur(case):
    """The truth maps, from fixations."""
    for truth in truths(case):
        del truth.__dict__["density"]
        truth.density  # noqa: B018 (made when first asked for)


def median_seconds(function, *args, repeats=3):
    """Median process time of a call, of an image, after a first call that is not counted."""
    function(*args)
    seconds = []
    for _ in range(repeats):
        started = time.process_time()
        function(*args)
        seconds.append(time.process_time() - started)
    return np.median(seconds)


def main(python, images=100):
    sys.path.insert(0, str(ORACLE))
    import cases

    case = cases.make(int(images), (600, 800), 140)
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/cases.npz", f"{folder}/scores.npz"
        np.savez(source, **case)
        command = [python, "-W", "ignore", str(ORACLE / "pysaliency_scores.py"), source, target]
        subprocess.run(command, check=True)
        theirs = dict(np.load(target))
    found = ours(case, COMMON)
    compared = [name for name in COMMON if name != "auc_judd"]  # ties: jittered
    worst = max(np.abs(found[name] - theirs[name]).max() for name in compared)
    each = 1000 / len(case["truth"])
    table, alone = (each * median_seconds(ours, case, names) for names in (COMMON, ALONE))
    blurring = each * median_seconds(blur, case)
    their_table, their_blurring = each * theirs["seconds"], each * theirs["blur_seconds"]
    print(
        f"{len(case['truth'])} images of 600x800, one thread each, ms an image, medians of 3 runs"
    )
    print(f"{', '.join(COMMON)}: {table:.1f}, pysaliency {their_table:.1f}")
    print(f"{their_table / table:.1f} times faster; largest difference {worst:.1e}")
    print(f"{', '.join(ALONE)}, which pysaliency lacks: {alone:.1f}")
    print(f"truth maps: {blurring:.1f}, pysaliency {their_blurring:.1f}")
    whole = (their_table + their_blurring) / (table + blurring)
    print(f"from fixations to the table: {whole:.1f} times faster")


if __name__ == "__main__":
    main(*sys.argv[1:])
