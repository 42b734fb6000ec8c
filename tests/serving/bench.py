"""What the predictor takes: start to first heat map, and a folder beside the bare network.

python tests/serving/bench.py PHOTOS [MODEL]      # a folder of photos; by default salnet_distilled
"""

import os
import subprocess
import sys
import tempfile
import time

import numpy as np

from salnet_tf.pipeline import geometry
from salnet_tf.serving import folder, predictor

_FIRST_MAP = "import salnet_tf, sys; salnet_tf.load(sys.argv[2]).predict(sys.argv[1])"
_FORMATS = [("npy",), ("map",), ("overlay",), ("json",), ("npy", "map", "overlay")]


def start_up(photo, model, turns=10):
    """Print the wall time of processes on one core, the median of `turns` each."""
    with tempfile.TemporaryDirectory() as out:
        command = [os.path.join(os.path.dirname(sys.executable), "salnet-predict")]
        command += [f"--input={photo}", f"--output_dir={out}", f"--model={model}"]
        python = [sys.executable, "-c"]
        for name, arguments in {
            "Python alone": [*python, "pass"],
            "salnet_tf imported, model loaded": [
                *python,
                _FIRST_MAP.split(".predict")[0],
                "",
                model,
            ],
            "first density": [*python, _FIRST_MAP, photo, model],
            "salnet-predict, three files written": command,
        }.items():
            taken = []
            for _ in range(turns):
                started = time.perf_counter()
                subprocess.run(arguments, check=True, capture_output=True)
                taken.append(time.perf_counter() - started)
            print(f"{name}: {1e3 * np.median(taken):.0f} ms")


def folder_rate(photos, model, turns=3):
    """Print the time per photo of a folder beside that of the network alone, turn by turn."""
    network = predictor.load(model)
    image = predictor.read_image(folder.list_photos(photos)[0])
    canvas = geometry.image_to_canvas(image, network.image_size)[0]
    for formats in _FORMATS:
        bare, whole = [], []
        for _ in range(turns):
            bare += [_time(lambda: network.engine.logits(canvas)) for _ in range(50)]
            with tempfile.TemporaryDirectory() as out:
                config = folder.PredictConfig(photos, out, model, formats, threads=1)
                whole.append(_time(lambda config=config: folder.predict(config)))
        each = np.median(whole) / len(folder.list_photos(photos))
        share = np.median(bare) / each
        print(
            f"{','.join(formats)}: network alone {1e3 * np.median(bare):.2f} ms, "
            f"folder {1e3 * each:.2f} ms a photo, {share:.2f} of its rate"
        )


def _time(function):
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


if __name__ == "__main__":
    photos, model = (*sys.argv[1:], "salnet_distilled")[:2]
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    start_up(folder.list_photos(photos)[0], model)
    os.sched_setaffinity(0, cores)
    print(f"{len(cores)} cores, {len(folder.list_photos(photos))} photos of {photos}")
    folder_rate(photos, model)
