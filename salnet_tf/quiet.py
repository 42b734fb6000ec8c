"""A process's stderr closed for a moment to what libraries in C++ say while they start."""

import contextlib
import os
import sys
import tempfile
import threading

_LOCK = threading.Lock()


class _Closed:
    """How many blocks are running, and a copy of file descriptor 2 of before the first."""

    blocks, kept = 0, -1


@contextlib.contextmanager
def silent_stderr():
    """Send file descriptor 2 nowhere while the block runs; Python's errors still raise.

    Blocks of several threads may overlap: the last to end opens it again.

    Yields:
        A file to what was file descriptor 2, for a progress bar; None where there is none.
    """
    try:
        outside = _close()
    except (OSError, AttributeError):  # no stderr at all, as in a windowed program
        yield None
        return
    with open(outside, "w", encoding="utf-8", errors="replace") as stream:
        try:
            yield stream
        finally:
            _open()


def overhear(function, *arguments):
    """Call a function; what C++ says meanwhile on file descriptor 2 is heard, not shown.

    One call at a time: others wait, as does `silent_stderr`.

    Returns:
        what the function returns, and the text.
    """
    with _LOCK, tempfile.TemporaryFile() as heard:
        try:
            before = os.dup(2)
        except OSError:  # it is closed
            before = None
        os.dup2(heard.fileno(), 2)
        try:
            returned = function(*arguments)
        finally:
            if before is None:
                os.close(2)
            else:
                os.dup2(before, 2)
                os.close(before)
        heard.seek(0)
        return returned, heard.read().decode(errors="replace")


def _close():
    """A copy of file descriptor 2 as it was before any block."""
    with _LOCK:
        if not _Closed.blocks:
            sys.stderr.flush()
            _Closed.kept = os.dup(2)
            with open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
        _Closed.blocks += 1
        return os.dup(_Closed.kept)


def _open():
    with _LOCK:
        _Closed.blocks -= 1
        if not _Closed.blocks:
            os.dup2(_Closed.kept, 2)
            os.close(_Closed.kept)
