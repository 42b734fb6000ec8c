"""The page's geometry and crop give Python's numbers: both are held to golden.json."""

import importlib.util
import json
import pathlib
import shutil
import subprocess

import numpy as np
import pytest

FOLDER = pathlib.Path(__file__).parent


def test_python_gives_the_golden_numbers():
    spec = importlib.util.spec_from_file_location("golden", FOLDER / "golden.py")
    golden = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(golden)
    _compare(json.loads(json.dumps(golden.cases())), json.loads(golden.FILE.read_text()))


def test_javascript_gives_the_golden_numbers():
    if not shutil.which("node"):
        pytest.skip("the page's numbers are not checked: Node.js is not installed")
    done = subprocess.run(["node", FOLDER / "golden.mjs"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _compare(received, expected):
    """Dicts and lists alike, numbers to float32's precision (OpenCV's differ between machines)."""
    if isinstance(expected, dict):
        assert received.keys() == expected.keys()
        for key in expected:
            _compare(received[key], expected[key])
    elif expected and isinstance(expected[0], (dict, list)):
        assert len(received) == len(expected)
        for one, other in zip(received, expected, strict=True):
            _compare(one, other)
    else:
        np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-5)
