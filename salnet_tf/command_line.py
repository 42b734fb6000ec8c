"""What every command does around its one library call: quiet start, errors in one sentence."""

import contextlib
import functools
import logging as std_logging
import os
import platform
import sys

from absl import app, flags, logging

from salnet_tf import quiet


def run(main, needs_tensorflow=True, takes_inputs=False, module=None):
    """Run `main(argv)` under absl; a wrong input ends in one line and exit code 2.

    Args:
        main: takes argv, returns None or an exit code.
        needs_tensorflow: True imports TensorFlow first, without its start-up noise.
        takes_inputs: True leaves what is no flag to `main`, in argv; it is refused otherwise.
        module: whose docstring and flags `--help` shows; None for the one that was started.
    """

    @functools.wraps(main)
    def wrapped(argv):
        if len(argv) > 1 and not takes_inputs:
            return refused(f"flags only, as --flag=value. Received: {argv[1]!r}")
        if not flags.FLAGS["verbosity"].present:
            logging.set_verbosity(logging.WARNING)
            handler = logging.get_absl_handler()
            handler.setFormatter(std_logging.Formatter("warning: %(message)s"))
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        if needs_tensorflow:
            import_tensorflow()
        try:
            return main(argv)
        except BrokenPipeError:
            raise
        except (ValueError, OSError, FloatingPointError) as error:
            return refused(error)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return 130

    if module is not None:
        sys.modules["__main__"].__doc__ = module.__doc__
        for flag in flags.FLAGS.get_key_flags_for_module(module.__name__):
            flags.FLAGS.register_key_flag_for_module(sys.argv[0], flag)
    with _streams():
        app.run(wrapped, flags_parser=parser())


@contextlib.contextmanager
def _streams():
    """Standard streams that may be closed before the block begins, or while it runs.

    Without one of them what is said is lost, and the work is done.
    """
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if nowhere != number:  # it is the first number that is free
                os.dup2(nowhere, number)
            setattr(sys, name, os.fdopen(number, "w", closefd=False))
    try:
        yield
    except BrokenPipeError:
        sys.exit(141)  # as of a program that SIGPIPE ends
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def progress(items, total, unit, file=None):
    """The items, with a progress bar on a terminal; nowhere else is one shown, or imported.

    Args:
        items: an iterable.
        total: how many, or None.
        unit: what one is called.
        file: the terminal; None for stderr.
    """
    file = file or sys.stderr
    if file is None or not file.isatty():
        return items
    import tqdm

    return tqdm.tqdm(items, total=total, unit=unit, file=file)


def import_tensorflow():
    """Import TensorFlow without its noise; no operation runs, so threads can still be set.

    On processors without AVX512 TensorFlow leaves oneDNN out unless it is asked for, and its own
    kernels do not use AVX2 (docs/training.md).
    """
    if platform.machine() in ("x86_64", "AMD64"):
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with quiet.silent_stderr():
        import tensorflow  # noqa: F401
        import tensorflow_datasets  # noqa: F401


def refused(error):
    """Say what is wrong in one line; the exit code."""
    print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
    return 2


def parser():
    """For `app.run(main, flags_parser=...)`: a wrong flag is told as any other bad input."""

    def parse(argv):
        try:
            return flags.FLAGS(argv)
        except flags.Error as error:
            sys.exit(refused(f"{str(error).rstrip(' .')} (--helpshort lists the flags)"))

    return parse
