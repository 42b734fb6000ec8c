"""The notebooks run from top to bottom, as plain Python with their shell lines, tiny and on a CPU.

The cell tagged `install` is left out; the one tagged `parameters` is followed by the test's own.
"""

import json
import pathlib
import subprocess
import sys

import cv2
import numpy as np
import pytest

_ROOT = pathlib.Path(__file__).parents[2]
_SHELL = f"""
import subprocess, sys, matplotlib
matplotlib.use("agg")
def shell(command):
    command = command.replace("python ", {sys.executable!r} + " ", 1)
    subprocess.run(command, shell=True, check=True)
"""


def _script(name, parameters):
    """A notebook's code as one Python program."""
    notebook = json.loads((_ROOT / "notebooks" / name).read_text())
    parts = [_SHELL]
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        if cell["cell_type"] != "code" or "install" in tags:
            continue
        for line in "".join(cell["source"]).splitlines():
            parts.append(f"shell(f{line[1:]!r})" if line.startswith("!") else line)
        if "parameters" in tags:
            parts += [f"{name} = {value!r}" for name, value in parameters.items()]
    return "\n".join(parts)


def _run(script):
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["quick_start.ipynb", "colab_tpu.ipynb"])
def test_notebooks_are_clean_and_compile(name):
    notebook = json.loads((_ROOT / "notebooks" / name).read_text())
    assert not any(cell.get("outputs") for cell in notebook["cells"])
    compile(_script(name, {}), name, "exec")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_colab_tpu_trains_scores_and_exports_then_quick_start_predicts(tmp_path):
    out = tmp_path / "out"
    parameters = {
        "DATA": str(tmp_path / "data"),
        "RUN": str(tmp_path / "run"),
        "OUT": str(out),
        "IMAGE_SIZE": "48x64",
        "STRATEGY": "one_device",
        "PRECISION": "float32",
        "BATCH_SIZE": 16,
        "EPOCHS": 2,
        "EVALUATE": "--metrics=cc,nss --baselines=centre_bias --limit=4",
    }
    _run(_script("colab_tpu.ipynb", parameters))
    assert (out / "export" / "saved_model" / "1" / "saved_model.pb").exists()
    assert list((out / "scores").iterdir())
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), np.random.default_rng(0).integers(0, 255, (50, 70, 3)))
    model = str(out / "export" / "litert" / "salnet_fp32.tflite")
    answer = _run(_script("quick_start.ipynb", {"MODEL": model, "PHOTO": str(photo)}))
    assert answer.startswith("(50, 70) float32 ")
