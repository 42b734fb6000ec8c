"""TensorFlow and TFDS without the noise they make for a person who only wants a data set."""

import contextlib
import os
import sys

from absl import flags, logging


def start():
    """Import TensorFlow and TFDS in silence; from then on errors speak, bars on a terminal only.

    `--verbosity` asks for more. Python's own errors always raise.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with silent_stderr():
        import tensorflow  # noqa: F401
        import tensorflow_datasets as tfds
    if not flags.FLAGS["verbosity"].present:
        logging.set_verbosity(logging.ERROR)
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()


@contextlib.contextmanager
def silent_stderr():
    """File descriptor 2, to which C++ writes, goes nowhere while the block runs."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
