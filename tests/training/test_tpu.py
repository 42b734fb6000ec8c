"""The whole training step through the real TPU compiler, without a TPU.

`make tpu-compiler` builds the compiler's environment; without it these tests are skipped.
"""

import json
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent / "tpu"
COMPILER = pathlib.Path(
    os.environ.get("SALNET_TPU_COMPILER", HERE.parents[2] / ".venv-tpu/bin/python")
)


def run(python, script, path):
    done = subprocess.run(
        [python, HERE / script, path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("python", "version"), [(sys.executable, "2.21"), (COMPILER, "2.20")], ids=["2.21", "2.20"]
)
def test_the_training_step_compiles_for_a_v5e(python, version, tmp_path, capsys):
    if not COMPILER.exists():
        pytest.skip(f"no TPU compiler at {COMPILER.parents[1].name} (`make tpu-compiler`)")
    tensorflow = run(python, "emit_step.py", tmp_path / "step.hlo")
    assert tensorflow.startswith(version)
    facts = json.loads(run(COMPILER, "compile_step.py", tmp_path / "step.hlo"))
    with capsys.disabled():
        print(f"\nTensorFlow {tensorflow} -> v5e: {facts}")
    assert facts["generated_code_size_in_bytes"] > 0
    # All that a step holds, on a chip of 16 GB: bfloat16 activations of eight 240x320 photos.
    assert 1e7 < facts["temp_size_in_bytes"] < 2e9
