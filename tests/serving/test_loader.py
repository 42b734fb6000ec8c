"""The SavedModel outside Python: TensorFlow's C++ loader, and its own command line."""

import os
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest
import tensorflow as tf

from salnet_tf.serving import predictor

_HERE = os.path.dirname(__file__)


@pytest.mark.slow
@pytest.mark.timeout(900)  # linking takes a while on a busy machine
@pytest.mark.skipif(not shutil.which("gcc"), reason="needs gcc")
def test_the_cpp_loader_answers_from_c(exported, photo_folder, workdir, tmp_path):
    installed = os.path.dirname(tf.__file__)
    program = tmp_path / "loader"
    libraries = [f"-l:{name}.so.2" for name in ("libtensorflow_cc", "libtensorflow_framework")]
    subprocess.run(
        [
            *("gcc", "-Wall", "-Werror", os.path.join(_HERE, "loader.c"), "-o", program),
            *(f"-I{installed}/include", f"-L{installed}", *libraries, f"-Wl,-rpath,{installed}"),
        ],
        check=True,
    )
    folder = exported / "saved_model" / "1"
    meta_graph = tf.compat.v1.saved_model.load(
        tf.compat.v1.Session(graph=tf.Graph()), ["serve"], str(folder)
    )
    signature = meta_graph.signature_def["serving_default"]
    operation = signature.inputs["image_bytes"].name.split(":")[0]
    output, index = signature.outputs["saliency_png_bytes"].name.split(":")
    photo = photo_folder / "2.png"
    answer = subprocess.run(
        [program, folder, operation, output, index, photo], capture_output=True, check=True
    )
    heat = cv2.imdecode(np.frombuffer(answer.stdout, np.uint8), cv2.IMREAD_GRAYSCALE)
    density = predictor.load(workdir).predict(photo)
    assert np.abs(heat - density / density.max() * 255).max() <= 0.75


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_saved_model_cli_runs_a_signature(exported, photos, workdir, tmp_path):
    np.save(tmp_path / "image.npy", photos[0][None])
    command = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli", "run"]
    subprocess.run(
        [
            *(*command, "--dir", exported / "saved_model" / "1", "--tag_set", "serve"),
            *("--signature_def", "image_tensor", "--inputs", f"image={tmp_path / 'image.npy'}"),
            *("--outdir", tmp_path),
        ],
        check=True,
        capture_output=True,
    )
    expected = predictor.load(workdir).predict(photos[0])
    density = np.load(tmp_path / "density.npy")[0]
    np.testing.assert_allclose(density, expected, atol=1e-3 * expected.max())
