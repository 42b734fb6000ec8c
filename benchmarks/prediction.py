"""Photos per second of a folder, beside the rate of the network alone; what a photo costs by part.

`python -m benchmarks.prediction --photos=FOLDER`. The network alone: one engine, loaded as the
folder loads it, with the same threads, called by one caller on a canvas that is ready. The folder
has a worker per CPU and one more, each with an interpreter of its own, so its rate can exceed that
of the network alone; by CPU time the bound of the share is `network / (all parts / CPUs)`.
"""

import dataclasses
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from absl import flags

from salnet_tf import command_line, threads
from salnet_tf.evaluation import tables
from salnet_tf.images import geometry, listing, reading
from salnet_tf.serving import photos, predictor, results, sources

FORMATS = (("npy",), ("map",), ("overlay",), ("json",), ("npy", "map", "overlay"))
PARTS = ("read, decode", "resize in", "network", "density", "draw, write")
TARGET = 0.90  # of the rate of the network alone
_CALLS = 100  # of the network alone, in a turn
_PHOTOS = 300  # of the folder that are taken


@dataclasses.dataclass(frozen=True)
class SpeedConfig:
    """What is measured.

    Args:
        photos: a folder or glob of photos; the first 300 are taken.
        model: as in `predictor.load`.
        threads: CPU threads of one run of the network.
        turns: of each measurement; network and folder take turns, so that a machine's drift meets
            both.
        output_dir: where results are written (a folder in it, removed at the end); by default the
            system's folder for temporary files.
    """

    photos: str
    model: str = predictor.DEFAULT_MODEL
    threads: int = 1
    turns: int = 3
    output_dir: str | None = None


def measure(config):
    """Measure every one of `FORMATS`.

    Results stay until the end: Linux's ext4 takes a hundred times as long to make a file while it
    remembers removed ones.

    Args:
        config: a `SpeedConfig`.

    Returns:
        A dict of `photos`, `cpus` and `rows`; each row with `formats`, `alone` (ms of the network
        alone), `folder` (wall ms a photo), `share` (the folder's rate in parts of the network's),
        `parts` (CPU ms a photo, in order of `PARTS`) and `bound` (of the share, by CPU time).

    Raises:
        ValueError: no photos, no such model, or a folder that cannot be made or written to.
    """
    paths = listing.list_photos(config.photos).photos[:_PHOTOS]
    network = predictor.load(config.model, config.threads)
    if config.output_dir:
        photos.make_folder(config.output_dir)
    out = tempfile.mkdtemp(dir=config.output_dir)
    try:
        taken = _links(paths, os.path.join(out, "photos"))
        rows = [_row(network, taken, formats, config, out) for formats in FORMATS]
    finally:
        shutil.rmtree(out)
    return {"photos": len(paths), "cpus": threads.usable_cpus(), "rows": rows}


def markdown(result):
    """The rows as a table, under a line that says what they are."""
    text = (
        f"{result['photos']} photos, {result['cpus']} CPUs; CPU ms a photo by part, measured in "
        "one thread; the bound is what CPU time allows\n\n"
    )
    measured = ["network alone, ms", "folder, ms a photo", f"share (at least {TARGET:.2f}?)"]
    rows = [
        [
            ", ".join(row["formats"]),
            *(f"{part:.2f}" for part in row["parts"]),
            f"{row['alone']:.2f}",
            f"{row['folder']:.2f}",
            f"{row['share']:.2f} {'yes' if row['share'] >= TARGET else 'no'}",
            f"{row['bound']:.2f}",
        ]
        for row in result["rows"]
    ]
    return text + tables.markdown(["formats", *PARTS, *measured, "bound"], rows)


def start_up(photo, model, turns=10):
    """Wall ms of fresh processes on one CPU, medians: Python, model loaded, first density, command.

    Args:
        photo: a path.
        model: as in `predictor.load`.
        turns: processes of each kind.

    Returns:
        A dict, name -> ms.
    """
    load = "import salnet_tf, sys; model = salnet_tf.load(sys.argv[1])"
    python = [sys.executable, "-c"]
    command = "from salnet_tf.serving import salnet_predict; salnet_predict.run()"
    with tempfile.TemporaryDirectory() as out:
        commands = {
            "Python alone": [*python, "pass"],
            "model loaded": [*python, load, model],
            "first density": [*python, f"{load}; model.predict(sys.argv[2])", model, photo],
            "salnet-predict, three files written": [
                *python,
                command,
                photo,
                f"--output_dir={out}",
                f"--model={model}",
            ],
        }
        cpus = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {max(cpus)})
        try:
            rounds = [{n: _process_ms(c) for n, c in commands.items()} for _ in range(turns)]
        finally:
            os.sched_setaffinity(0, cpus)
    return {name: statistics.median(each[name] for each in rounds) for name in commands}


def _row(network, paths, formats, config, out):
    alone, whole = [], []
    canvas = geometry.image_to_canvas(reading.read_image(paths[0]), network.image_size)[0]
    for _ in range(config.turns):
        alone += [_ms(network.engine.logits, canvas) for _ in range(_CALLS)]
        predict_config = _predict_config(paths, formats, config, out)
        whole.append(_ms(_folder, paths, config.model, predict_config) / len(paths))
    alone, whole = statistics.median(alone), statistics.median(whole)
    parts = _parts(network, paths, _predict_config(paths, formats, config, out))
    return {
        "formats": formats,
        "alone": alone,
        "folder": whole,
        "share": alone / whole,
        "parts": parts,
        "bound": parts[PARTS.index("network")] / (sum(parts) / threads.usable_cpus()),
    }


def _links(paths, links):
    """Paths to the photos in a folder that holds no others."""
    os.mkdir(links)
    for path in paths:
        os.symlink(os.path.abspath(path), os.path.join(links, os.path.basename(path)))
    return listing.list_photos(links).photos


def _folder(paths, model, config):
    """What the command does, its network loaded anew."""
    found = sources.find([os.path.dirname(paths[0])], config.output_dir)
    photos.predict(found.photos, predictor.load(model, config.threads), config)


def _predict_config(paths, formats, config, out):
    """Of a folder of results that is new each time."""
    return photos.PhotoConfig(
        tempfile.mkdtemp(dir=out), results.ResultConfig(formats), threads=config.threads
    )


def _parts(network, paths, config):
    """CPU ms a photo of each of `PARTS`, medians over the photos, one after the other."""
    with threads.one_opencv_thread():
        times = [_stamps(network, path, config) for path in paths]
    steps = [[1e3 * (b - a) for a, b in itertools.pairwise(t)] for t in times]
    return [statistics.median(part) for part in zip(*steps, strict=True)]


def _stamps(network, path, config):
    """CPU time, seconds, before and after each of `PARTS`."""
    stamps = [time.process_time()]
    photo = photos.read(sources.Source(path, os.path.basename(path)))
    stamps.append(time.process_time())
    canvas, placement = geometry.image_to_canvas(photo.image, network.image_size)
    stamps.append(time.process_time())
    logits = network.engine.logits(canvas)
    stamps.append(time.process_time())
    density = geometry.canvas_to_density(logits, placement)
    stamps.append(time.process_time())
    photos.write(photo, {False: density}.get, config)
    return [*stamps, time.process_time()]


def _ms(function, *arguments):
    """Wall time of a call."""
    started = time.perf_counter()
    function(*arguments)
    return 1e3 * (time.perf_counter() - started)


def _process_ms(command):
    return _ms(lambda: subprocess.run(command, check=True, capture_output=True))


def main(_):
    wanted = ("photos", "model", "threads", "turns", "output_dir")
    config = SpeedConfig(**{name: flags.FLAGS[name].value for name in wanted})
    print(markdown(measure(config)))
    if flags.FLAGS.start_up:
        photo = listing.list_photos(config.photos).photos[0]
        for name, taken in start_up(photo, config.model).items():
            print(f"{name}: {taken:.0f} ms")


def _define_flags():
    flags.DEFINE_string("photos", None, "A folder or glob of photos.", required=True)
    flags.DEFINE_string("model", predictor.DEFAULT_MODEL, "As in salnet-predict.")
    flags.DEFINE_integer("threads", 1, "CPU threads of one run of the network.", 1, threads.MOST)
    flags.DEFINE_integer("turns", 3, "Of each measurement.", 1)
    flags.DEFINE_string(
        "output_dir", None, "Where results are written and removed; by default a temporary folder."
    )
    flags.DEFINE_bool("start_up", True, "Time fresh processes on one CPU, too.")


if __name__ == "__main__":
    _define_flags()
    command_line.run(main, needs_tensorflow=False)
