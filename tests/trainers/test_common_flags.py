"""Common flags, in a process of their own: flags are one for a process."""

import subprocess
import sys

import pytest


def size(text):
    script = "import sys; from trainers import common_flags as c; print(c.image_size(sys.argv[1]))"
    return subprocess.run(
        [sys.executable, "-c", script, text], capture_output=True, text=True, check=False
    )


def test_image_sizes():
    assert size("240x320").stdout == "(240, 320)\n"


@pytest.mark.parametrize("text", ["240x", "0x320", "\u00b2x320", "1x2x3"])
def test_no_image_sizes(text):
    said = size(text).stderr
    assert "ValueError: image_size must be HEIGHTxWIDTH" in said and f"Received: '{text}'" in said
