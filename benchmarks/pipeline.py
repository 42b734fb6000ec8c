"""Images per second of the pipeline alone, of the training step alone, and of both together.

`python -m benchmarks.pipeline --data_dir=FOLDER`. If reading starves the training, the rate of both
together says so. It is held against what two workers could do at best: with a core each, the slower
of the two; on the same cores, one after the other, `1 / (1 / pipeline + 1 / step)`.
"""

import concurrent.futures
import dataclasses
import multiprocessing
import os
import statistics
import time

from absl import flags

from salnet_tf import command_line, options, quiet

ROUNDS = 5  # short ones in turn, so that a machine's drift meets all rates alike
FILL_SECONDS = 1.0  # for read-ahead to fill
LEAST_BATCHES = 4  # of one measurement, however slow they are
WARM_UP = 3  # batches before each measurement
OWN_CORES_TARGET = 0.95  # together, of the slower alone
SHARED_CORES_TARGET = 0.90  # together, of one after the other


@dataclasses.dataclass(frozen=True)
class SpeedConfig:
    """What is measured: a prepared set's training split, a preset, and for how long.

    `seconds` is the length of one of the `ROUNDS` measurements of each rate.
    """

    dataset: str
    data_dir: str
    model: str = "salnet"
    image_size: tuple[int, int] = (240, 320)
    batch_size: int = 8
    seconds: float = 1.0


def measure(config):
    """Measure with a core each, then on the same cores, each in a fresh process.

    Args:
        config: a `SpeedConfig`.

    Returns:
        `own_cores` (None on a machine of one core) and `shared_cores`, each a dict of `pipeline`,
        `step`, `both` (images per second), `share`, the rate of both in parts of what is possible
        at best, and `lost`, what the step's rate loses to input, in parts of it: medians over the
        rounds.
    """
    enough = len(os.sched_getaffinity(0)) > 1
    return {
        "own_cores": _in_fresh_process(config, True) if enough else None,
        "shared_cores": _in_fresh_process(config, False),
    }


def summary(rates):
    """The rates as lines for a terminal."""
    lines = []
    for mode, best, target in (
        ("own_cores", "the slower alone", OWN_CORES_TARGET),
        ("shared_cores", "one after the other", SHARED_CORES_TARGET),
    ):
        rate = rates[mode]
        if rate is None:
            lines.append("own cores: not measured, this machine has one core")
            continue
        lines.append(
            f"{mode.replace('_', ' ')}: pipeline {rate['pipeline']:.1f}, step {rate['step']:.1f}, "
            f"both {rate['both']:.1f} images/s = {rate['share']:.3f} of {best} "
            f"(at least {target:.2f}: {'yes' if rate['share'] >= target else 'NO'}); "
            f"{100 * rate['lost']:.0f} % of the step's rate lost to input"
        )
    return "\n".join(lines)


def _in_fresh_process(config, own_cores):
    """Thread pools and affinity belong to a process: every mode has its own."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_measure, config, own_cores).result()


def _measure(config, own_cores):
    """Medians over the rounds; with own cores, reading is held to the last, the rest to the first.

    Reading flat out makes tf.data grow its read-ahead, and filling that again would burden the
    measurement after it: the pipeline alone is another iterator than that of both together.
    """
    cores = sorted(os.sched_getaffinity(0))
    core = cores[-1] if own_cores else None
    if own_cores:
        os.sched_setaffinity(0, {cores[0]})
    with quiet.silent_stderr():  # its start-up log
        import tensorflow as tf
    if own_cores:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    step, stream = _training_step(config), _stream(config, own_cores)
    together = _reader(stream, core)
    cached = next(together)
    rounds = []
    for _ in range(ROUNDS):
        rate = {"pipeline": _rate(_reader(stream, core).__next__, config)}
        time.sleep(FILL_SECONDS)
        rate["step"] = _rate(lambda: step(cached), config)
        rate["both"] = _rate(lambda: step(next(together)), config)
        lost = 1 - rate["both"] / rate["step"]
        rounds.append({**rate, "share": _share(rate, own_cores), "lost": lost})
    return {name: statistics.median(rate[name] for rate in rounds) for name in rounds[0]}


def _share(rate, own_cores):
    """The rate of both together in parts of what is possible at best."""
    if own_cores:
        return rate["both"] / min(rate["pipeline"], rate["step"])
    return rate["both"] * (1 / rate["pipeline"] + 1 / rate["step"])


def _reader(stream, core):
    """An iterator over the stream that has begun to read, its threads held to `core` if given."""
    before = set(os.listdir("/proc/self/task"))
    iterator = iter(stream)
    for _ in range(8):
        next(iterator)
    if core is not None:  # the threads that have come with the iterator are those that read
        for thread in set(os.listdir("/proc/self/task")) - before:
            os.sched_setaffinity(int(thread), {core})
    return iterator


def _stream(config, private):
    """Endless training batches; `private` gives reading a thread pool of its own."""
    import tensorflow as tf

    from salnet_tf.pipeline import batches, canvases, order

    loaded = canvases.load(config.dataset, "train", config.data_dir, config.image_size)
    epochs = order.Epochs(50, config.batch_size, seed=0)
    stream = batches.training(loaded, epochs, batches.Augmentation()).repeat()
    options = tf.data.Options()
    if private:
        options.threading.private_threadpool_size = 1
    return stream.with_options(options)


def _training_step(config):
    """The step of `training.loop` on one device, without its reporting."""
    import tensorflow as tf

    from salnet_tf.models import salnet
    from salnet_tf.objectives import losses
    from salnet_tf.training import config as config_lib
    from salnet_tf.training import optimiser
    from salnet_tf.training import step as step_lib

    run = config_lib.TrainConfig("", config.data_dir, model=config.model)
    model = salnet.build_salnet(config.model, config.image_size)
    optimizer = optimiser.make_optimizer(run, steps_per_epoch=1000)
    optimizer.build(model.trainable_variables)
    replica_step = tf.function(
        step_lib.make(model, optimizer, losses.parse(run.loss), run.clip_norm), jit_compile=False
    )
    return lambda batch: float(replica_step([batch]))


def _rate(do, config):
    """Images per second of a function that handles a batch, after `WARM_UP` calls."""
    for _ in range(WARM_UP):
        do()
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < config.seconds or count < LEAST_BATCHES:
        do()
        count += 1
    return count * config.batch_size / (time.perf_counter() - started)


def main(_):
    wanted = ("dataset", "data_dir", "model", "batch_size", "seconds")
    config = SpeedConfig(
        **{name: flags.FLAGS[name].value for name in wanted},
        image_size=options.size(flags.FLAGS.image_size),
    )
    print(summary(measure(config)))


def _define_flags():
    flags.DEFINE_string("dataset", "synthetic", "Full name of a prepared set.")
    flags.DEFINE_string("model", "salnet", "Preset whose training step is measured.")
    flags.DEFINE_integer("batch_size", 8, "Images in a batch.", 1)
    flags.DEFINE_float("seconds", 1.0, "Length of one measurement; there are 30.", 0.0)
    flags.DEFINE_string("data_dir", None, "Folder of the prepared data sets.")
    flags.DEFINE_string(
        "image_size", "240x320", "HEIGHTxWIDTH of the canvas in pixels, multiples of the stride."
    )
    flags.mark_flag_as_required("data_dir")


if __name__ == "__main__":
    _define_flags()
    command_line.run(main, needs_tensorflow=False)
