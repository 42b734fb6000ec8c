"""Time our table and pysaliency's on the same maps: `make bench-metrics`, one thread each.

`python tests/objectives/oracle/bench.py PYTHON_OF_ORACLE [IMAGES]`. Ours is the whole table, with
two scores that pysaliency does not have; both read fixations and finished maps. Times are the
process' own, so that a busy machine matters less.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[2])]

import cases  # noqa: E402
import numpy as np  # noqa: E402

from salnet_tf.evaluation import scoring, stimuli  # noqa: E402

METRICS = [name for name in scoring.METRICS if name != "emd"]


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


def ours(case):
    """Name -> `[images]`."""
    values = [
        scoring.score(truth, saliency, METRICS)
        for truth, saliency in zip(truths(case), case["saliency"], strict=True)
    ]
    return {name: np.array([each[name] for each in values]) for name in METRICS}


def main(python, images=100):
    case = cases.make(int(images), (600, 800), 140)
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/cases.npz", f"{folder}/scores.npz"
        np.savez(source, **case)
        command = [python, "-W", "ignore", str(HERE / "pysaliency_scores.py"), source, target]
        subprocess.run(command, check=True)
        theirs = dict(np.load(target))
    ours(
        {
            name: array[:2] if name in ("saliency", "truth") else array
            for name, array in case.items()
        }
    )
    started = time.process_time()
    found = ours(case)
    seconds = time.process_time() - started
    started = time.process_time()
    for truth in truths(case):
        del truth.__dict__["density"]
        truth.density  # noqa: B018 (made when first asked for)
    blur_seconds = time.process_time() - started
    common = [name for name in METRICS if name in theirs and name != "auc_judd"]  # ties: jittered
    worst = max(np.abs(found[name] - theirs[name]).max() for name in common)
    each = 1000 / len(case["truth"])
    print(f"{len(case['truth'])} images of 600x800, one thread each, {', '.join(common)}, auc_judd")
    print(f"ours       {seconds * each:7.1f} ms an image (and auc_borji, sauc_cb)")
    print(f"pysaliency {theirs['seconds'] * each:7.1f} ms an image")
    print(f"{theirs['seconds'] / seconds:.1f} times faster; largest difference {worst:.1e}")
    theirs_blur = theirs["blur_seconds"]
    print(
        f"truth maps {blur_seconds * each:7.1f} ms, pysaliency {theirs_blur * each:.1f} ms an image"
    )
    whole = (theirs["seconds"] + theirs_blur) / (seconds + blur_seconds)
    print(f"from fixations to the table: {whole:.1f} times faster")


if __name__ == "__main__":
    main(*sys.argv[1:])
