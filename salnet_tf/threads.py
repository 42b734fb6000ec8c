"""CPU threads of this process: how many it may use, OpenCV's, TensorFlow's."""

import contextlib
import os

import cv2

MOST = 1024  # LiteRT dies of numbers that the system cannot start


def usable_cpus():
    """CPUs that this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@contextlib.contextmanager
def one_opencv_thread():
    """OpenCV without threads of its own while the block runs, for a caller that has workers."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def set_tensorflow_threads(threads):
    """Give this process's TensorFlow `threads` CPU threads; None changes nothing.

    Raises:
        ValueError: TensorFlow has already started with another number.
    """
    import tensorflow as tf

    if threads in (None, tf.config.threading.get_intra_op_parallelism_threads()):
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError as error:
        raise ValueError(
            f"threads must be chosen before TensorFlow starts. Received: {threads}"
        ) from error
