"""A tenth of the corpus; `make test-corpus` tries all of it."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "kinds",
    [
        ("photos", "films"),
        ("arrays", "file_systems", "archives"),
        # TensorFlow starts in each of their processes.
        pytest.param(("tables", "maps"), marks=pytest.mark.slow),
        pytest.param(("models",), marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_a_tenth_comes_out_right_or_is_refused_in_a_sentence(kinds):
    command = [sys.executable, "-m", "tests.corpus", "--tenth", *kinds]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
