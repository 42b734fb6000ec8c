"""The load test ends in a sentence where there is nothing to load, or nobody answers."""

import pathlib
import subprocess
import sys

import cv2
import numpy as np
import pytest

_ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.parametrize("wrong", ["--photos=nope", "--url=http://127.0.0.1:9"])
def test_what_cannot_be_loaded_is_one_sentence(wrong, tmp_path):
    cv2.imwrite(str(tmp_path / "photo.png"), np.zeros((8, 8, 3), np.uint8))
    url = ("--url=http://127.0.0.1:9", f"--photos={tmp_path}")
    command = [sys.executable, str(_ROOT / "deploy" / "load_test.py"), *url, wrong]
    answer = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(_ROOT)}
    )
    assert answer.returncode == 2
    assert answer.stderr.startswith("error: ") and answer.stderr.count("\n") == 1
