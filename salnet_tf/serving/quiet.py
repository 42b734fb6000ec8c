"""A process's stderr closed for a moment to what libraries in C++ say while they start."""

import contextlib
import os
import sys


@contextlib.contextmanager
def silent_stderr():
    """Send file descriptor 2 nowhere while the block runs; Python's errors still raise.

    Yields:
        A file to what was file descriptor 2, for a progress bar; None where there is none.
    """
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, AttributeError):  # no stderr at all, as in a windowed program
        yield None
        return
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    with open(kept, "w", encoding="utf-8", errors="replace") as stream:
        try:
            yield stream
        finally:
            os.dup2(kept, 2)
