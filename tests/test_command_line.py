"""Silence on stderr, however many threads ask for it."""

import os

from salnet_tf import quiet


def _stderr():
    return os.fstat(2).st_dev, os.fstat(2).st_ino


def test_blocks_that_overlap_open_it_again():
    before = _stderr()
    first, second = quiet.silent_stderr(), quiet.silent_stderr()
    streams = [first.__enter__(), second.__enter__()]
    assert _stderr() != before
    for stream in streams:
        found = os.fstat(stream.fileno())
        assert (found.st_dev, found.st_ino) == before
    first.__exit__(None, None, None)
    assert _stderr() != before
    second.__exit__(None, None, None)
    assert _stderr() == before
