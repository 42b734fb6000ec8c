"""Draw the strategies' losses: `python tests/training/strategy_curves.py docs/strategy_curves.svg`.

The same forty steps of the preset `salnet`, from the same weights, on the synthetic set: on one
device, on two replicas of one process, in two processes; with batch normalisation frozen, and
training.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import matplotlib
import numpy as np
from matplotlib import figure as figure_lib

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.training import loopback  # noqa: E402

SETTINGS = {
    "model": "salnet",
    "image_size": (48, 64),
    "batch_size": 16,
    "epochs": 2,
    "steps_per_call": 1,
    "schedule": "constant",
    "warmup_epochs": 0.0,
    "learning_rate": 2e-3,
    "final_scores": False,
}
STYLES = {"one device": "-", "mirrored, two replicas": "--", "two workers": ":"}


def main(path):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        subprocess.run(
            [sys.executable, "-m", "data.build", "--dataset=synthetic", f"--data_dir={folder}"],
            cwd=HERE.parents[1],
            check=True,
        )
        _save_start(folder / "start.keras")
        common = {**SETTINGS, "data_dir": str(folder), "init_from": str(folder / "start.keras")}
        curves = {
            title: _curves(folder / title, {**common, "freeze": freeze})
            for title, freeze in (("frozen", ["batch_norm"]), ("training", []))
        }
    _draw(curves, path)
    for title, each in curves.items():
        for name in list(STYLES)[1:]:
            print(f"batch norm {title}, {name}: {_difference(each, name).max():.1e} at most")


def _save_start(path):
    """Fresh weights for all runs."""
    script = f"""
import keras
from salnet_tf.models import salnet
keras.utils.set_random_seed(0)
model = salnet.build_salnet("salnet", {SETTINGS["image_size"]})
model.save({str(path)!r})
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=HERE.parents[1])


def _curves(folder, settings):
    """{strategy: loss of each step}."""
    folder.mkdir()
    one, mirrored, workers = (dict(settings, workdir=str(folder / n)) for n in "omw")
    _finish([_start({**one, "strategy": "one_device"})])
    _finish([_start({**mirrored, "strategy": "mirrored", "logical_cpus": 2})])
    _finish(
        [
            _start({**workers, "strategy": "multi_worker"}, TF_CONFIG=json.dumps(task))
            for task in loopback.tasks(loopback.cluster(workers=2))
        ]
    )
    return {
        name: np.loadtxt(folder / run / "losses.txt")
        for name, run in zip(STYLES, "omw", strict=True)
    }


def _start(settings, **environment):
    return subprocess.Popen(
        [sys.executable, HERE / "tiny_run.py", json.dumps({**settings, "log_losses": True})],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        stdout=subprocess.DEVNULL,
    )


def _finish(processes):
    codes = [process.wait() for process in processes]
    if any(codes):
        raise SystemExit(f"A run failed. Received: exit codes {codes}")


def _difference(curves, name):
    return np.abs(curves[name] / curves["one device"] - 1)


def _draw(curves, path):
    figure = figure_lib.Figure(figsize=(8, 4.6), layout="tight")
    axes = figure.subplots(2, 2, sharex=True, sharey="row", height_ratios=(2, 1))
    for (loss, difference), (title, each) in zip(axes.T, curves.items(), strict=True):
        for name, style in STYLES.items():
            steps = np.arange(1, len(each[name]) + 1)
            (line,) = loss.plot(steps, each[name], style, label=name)
            if name != "one device":
                difference.semilogy(
                    steps, _difference(each, name) + 1e-9, style, color=line.get_color()
                )
        loss.set_title(f"batch normalisation {title}", fontsize=10)
        difference.axhline(1e-4, color="grey", linewidth=0.8)
        difference.set_xlabel("step")
    axes[0, 0].set_ylabel("loss, KL + (1 - CC)")
    axes[1, 0].set_ylabel("relative difference\nfrom one device")
    axes[0, 0].legend(frameon=False, fontsize=9)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "curves"}):
        figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main(sys.argv[1])
