"""What every entry point does around its one library call: quiet start, errors in one sentence."""

import contextlib
import functools
import os
import sys

from absl import app, flags, logging


def run(main, needs_tensorflow=True):
    """Run `main(argv)` under absl; a wrong input ends in one line and exit code 2.

    Args:
        main: takes argv, returns None or an exit code.
        needs_tensorflow: True imports TensorFlow first, without its start-up noise.
    """

    @functools.wraps(main)
    def wrapped(argv):
        if len(argv) > 1:
            print(f"error: flags only, as --flag=value. Received: {argv[1]!r}", file=sys.stderr)
            return 2
        if not flags.FLAGS["verbosity"].present:
            logging.set_verbosity(logging.WARNING)
        if needs_tensorflow:
            _import_tensorflow()
        try:
            return main(argv)
        except (ValueError, OSError, FloatingPointError) as error:
            print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
            return 2

    app.run(wrapped)


def _import_tensorflow():
    """Import TensorFlow while the process's stderr is closed to what its C++ side says."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with _silent_stderr():
        import tensorflow
        import tensorflow_datasets  # noqa: F401

        tensorflow.constant(0)


@contextlib.contextmanager
def _silent_stderr():
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
