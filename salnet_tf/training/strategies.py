"""tf.distribute strategies by name, and what a strategy changes in the program."""

import contextlib
import json
import os

import tensorflow as tf


def make_strategy(name):
    """The strategy of a run.

    Args:
        name: `one_device`, `mirrored` (all devices of this machine), `multi_worker` (the workers of
            TF_CONFIG), `tpu` (the TPU of this VM), or `auto`: multi_worker where TF_CONFIG names
            several workers, mirrored where there are several GPUs, else one_device.

    Returns:
        A `tf.distribute.Strategy`.

    Raises:
        ValueError: `multi_worker` without TF_CONFIG, `tpu` without a TPU.
        OSError: the workers of TF_CONFIG do not find each other.
    """
    workers = _workers()
    # Physical devices only: a look at the logical ones starts the runtime, and multi-worker's
    # collectives must be configured before that.
    gpus = tf.config.list_physical_devices("GPU")
    if name == "auto":
        name = "multi_worker" if workers > 1 else "mirrored" if len(gpus) > 1 else "one_device"
    if name == "multi_worker":
        if not workers:
            raise ValueError(
                "strategy multi_worker needs the environment variable TF_CONFIG to name the "
                f"workers. Received: TF_CONFIG={os.environ.get('TF_CONFIG')!r}"
            )
        try:
            return tf.distribute.MultiWorkerMirroredStrategy()
        except (tf.errors.OpError, RuntimeError) as error:
            raise OSError(
                f"The workers of TF_CONFIG did not find each other: {str(error).splitlines()[0]}"
            ) from error
    if name == "mirrored":
        kind = "GPU" if gpus else "CPU"
        devices = [device.name for device in tf.config.list_logical_devices(kind)]
        # One device reduces for all: on logical CPUs the collective all-reduce deadlocks in a loop.
        reduction = None if gpus else tf.distribute.ReductionToOneDevice()
        return tf.distribute.MirroredStrategy(devices, cross_device_ops=reduction)
    if name == "tpu":
        return _tpu_strategy()
    return tf.distribute.OneDeviceStrategy("GPU:0" if gpus else "CPU:0")


def _workers():
    """How many workers TF_CONFIG names, a chief among them.

    Raises:
        ValueError: it is not json of a cluster, or names another task for this process.
    """
    text = os.environ.get("TF_CONFIG")
    try:
        found = json.loads(text or "{}")
        cluster, task = found.get("cluster", {}), found.get("task", {})
        count = len(cluster.get("chief", [])) + len(cluster.get("worker", []))
        here = len(cluster.get(task.get("type"), [])) > task.get("index", 0) >= 0
    except (ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"TF_CONFIG must be json of a cluster. Received: {text!r}") from error
    if count > 1 and (task.get("type") not in ("chief", "worker") or not here):
        raise ValueError(
            "TF_CONFIG must give this process a task, chief or worker, of its cluster. "
            f"Received: {text!r}"
        )
    return count


def _tpu_strategy():
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu="local")
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (ValueError, tf.errors.OpError) as error:
        said = str(error).splitlines()[0].partition(". ")[0]
        raise ValueError(f"strategy tpu found no TPU on this machine. Received: {said}") from error
    return tf.distribute.TPUStrategy(resolver)


def worker(strategy):
    """(index, count) of this process among the workers that read data."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return 0, 1
    resolver = strategy.cluster_resolver
    cluster = resolver.cluster_spec().as_dict()
    chiefs = len(cluster.get("chief", []))
    count = chiefs + len(cluster.get("worker", []))
    index = resolver.task_id + (chiefs if resolver.task_type == "worker" else 0)
    return index, count


def part_to_read(shard_reading, strategy):
    """(index, count) of the part of the images that this process reads.

    Raises:
        ValueError: it is to read a part, and there are no workers to read the others.
    """
    if not shard_reading:
        return 0, 1
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        raise ValueError(
            "shard_reading has no effect without strategy multi_worker. "
            f"Received: {type(strategy).__name__}"
        )
    return worker(strategy)


def is_chief(strategy):
    """True in the one process that writes checkpoints and logs."""
    return worker(strategy)[0] == 0


def check_batch(batch_size, strategy):
    """Refuse a global batch that the replicas cannot share evenly.

    Raises:
        ValueError: `batch_size` is not a multiple of their number.
    """
    replicas = strategy.num_replicas_in_sync
    if batch_size % replicas:
        raise ValueError(
            f"batch_size must be a multiple of the number of replicas, {replicas}. "
            f"Received: {batch_size}"
        )


def check_same_step(step, strategy, workdir):
    """Refuse to go on where the workers have not all found the same checkpoint.

    Raises:
        ValueError: another worker stands at another step.
    """
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return

    @tf.function(jit_compile=False)
    def mean_step():
        return strategy.reduce("MEAN", strategy.run(lambda: tf.constant(float(step))), axis=None)

    mean = float(mean_step())
    if mean != step:
        raise ValueError(
            f"workdir must be one folder that all workers read. Received: {workdir}, where this "
            f"worker finds step {step} and the mean of all is {mean:g}"
        )


@contextlib.contextmanager
def sentence_for_lost_worker(strategy):
    """Turn what the runtime raises when another worker is gone into one sentence.

    Raises:
        OSError: a worker is gone.
    """
    try:
        yield
    except (
        tf.errors.UnavailableError,
        tf.errors.AbortedError,
        tf.errors.CancelledError,
        tf.errors.InternalError,
        tf.errors.DeadlineExceededError,
    ) as error:
        if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
            raise
        raise OSError(
            "Another worker of this run is gone; start all workers again, they go on from the last "
            f"checkpoint. TensorFlow says: {error.message.splitlines()[0]}"
        ) from error


def jit_compile(choice, strategy):
    """Whether the step is compiled by XLA: `auto` is on for GPU; TPUStrategy compiles by itself.

    On CPU XLA is an order of magnitude slower for depthwise convolutions, hence off.
    """
    if choice != "auto":
        return choice == "on"
    return bool(tf.config.list_logical_devices("GPU")) and not isinstance(
        strategy, tf.distribute.TPUStrategy
    )
