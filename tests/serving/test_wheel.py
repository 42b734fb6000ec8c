"""What pip installs is enough to predict: no TensorFlow, no Keras, no checkout."""

import pathlib
import subprocess
import sys

import pytest

_ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_wheel_alone_predicts_in_a_fresh_environment(exported, photo_folder, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    source = tmp_path / "source"  # setuptools leaves its build folder beside setup.cfg
    archive = subprocess.run(
        ["git", "archive", "HEAD"], cwd=_ROOT, capture_output=True, check=False
    )
    if archive.returncode:
        pytest.skip("needs a git checkout")
    source.mkdir()
    subprocess.run(["tar", "-x", "-C", source], input=archive.stdout, check=True)
    installed = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", source],
        capture_output=True,
        text=True,
        check=False,
    )
    if "ConnectionError" in installed.stderr or "No matching distribution" in installed.stderr:
        pytest.skip("pip reaches no package index")
    assert installed.returncode == 0, installed.stderr
    model = next((exported / "litert").glob("*_fp32.tflite"))
    command = [tmp_path / "venv" / "bin" / "salnet-predict", photo_folder]
    command += [f"--output_dir={tmp_path / 'out'}", f"--model={model}", "--formats=npy,overlay"]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("5 done, 0 failed")
    heavy = (
        "import importlib.util as u; print([m for m in ('tensorflow', 'keras') if u.find_spec(m)])"
    )
    found = subprocess.run([python, "-c", heavy], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
