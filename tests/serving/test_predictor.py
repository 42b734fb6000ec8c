import os
import pickle
import subprocess
import sys
from concurrent import futures

import cv2
import numpy as np
import pytest

from salnet_tf.models import catalogue
from salnet_tf.serving import predictor

LIGHT = """
import sys
import numpy as np
import salnet_tf
density = salnet_tf.load(sys.argv[1], threads=1).predict(np.zeros((50, 70, 3), np.uint8))
assert density.shape == (50, 70) and abs(density.sum() - 1) < 1e-5, density
heavy = {"tensorflow", "keras", "matplotlib", "scipy", "pandas"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.fixture(scope="session")
def network(exported):
    return predictor.load(next((exported / "litert").glob("*_fp32.tflite")))


def test_density_is_at_the_photos_own_size_and_sums_to_one(network, photos):
    for photo, density in zip(photos, network.predict(photos), strict=True):
        assert density.shape == photo.shape[:2]
        assert density.dtype == np.float32
        assert density.min() >= 0
        assert density.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)


def test_path_bytes_and_array_give_the_same(network, photos, tmp_path):
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), cv2.cvtColor(photos[0], cv2.COLOR_RGB2BGR))
    expected = network.predict(photos[0])
    for same in (path, str(path), path.read_bytes()):
        np.testing.assert_array_equal(network.predict(same), expected)


def test_threads_may_share_a_network(network):
    noise = np.random.default_rng(0).integers(0, 255, (60, 90, 60, 3), np.uint8)
    expected = network.predict(list(noise))
    with futures.ThreadPoolExecutor(4) as pool:
        for density, alone in zip(pool.map(network.predict, noise), expected, strict=True):
            np.testing.assert_array_equal(density, alone)


def test_grey_array_is_three_equal_channels(network, photos):
    grey = photos[0][..., 0]
    np.testing.assert_array_equal(network.predict(grey), network.predict(np.dstack([grey] * 3)))


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (2, 5)])
def test_extreme_shapes(network, size):
    density = network.predict(np.full((*size, 3), 90, np.uint8))
    assert density.shape == size
    assert density.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("image", [np.zeros((0, 4, 3), np.uint8), b"", b"no image"])
def test_wrong_images_are_refused_with_what_was_received(network, image):
    with pytest.raises(ValueError, match=r"Received|empty|decoded"):
        network.predict(image)


def test_a_batch_is_an_array_of_densities(network):
    batch = np.random.default_rng(0).integers(0, 256, (3, 40, 60, 3), np.uint8)
    densities = network.predict(batch)
    assert densities.shape == (3, 40, 60)
    np.testing.assert_array_equal(densities[1], network.predict(batch[1]))
    with pytest.raises(ValueError, match=r"A batch must hold an image"):
        network.predict(batch[:0])


def test_size_and_logarithm(network, photos):
    density = network.predict(photos[0])
    small = network.predict(photos[0], size=(60, 80))
    assert small.shape == (60, 80) and small.sum() == pytest.approx(1, abs=1e-5)
    logarithm = network.predict(photos[0], log=True)
    np.testing.assert_allclose(np.exp(logarithm), density, rtol=1e-4)
    for size in (7, (0, 4), (1.5, 2), (10**5, 10**5), "12"):
        with pytest.raises(ValueError, match=r"size must be \(height, width\).*Received"):
            network.predict(photos[0], size=size)


def test_a_network_is_pickled_by_its_path(network, photos):
    again = pickle.loads(pickle.dumps(network))
    np.testing.assert_array_equal(again.predict(photos[0]), network.predict(photos[0]))


def test_a_fork_predicts_or_says_what_to_do(network, workdir, photos):
    for model, expected in (
        (network, b"done"),
        (predictor.load(workdir), b"TensorFlow does not run"),
    ):
        read, write = os.pipe()
        child = os.fork()
        if not child:
            try:
                model.predict(photos[3])
                os.write(write, b"done")
            except RuntimeError as error:
                os.write(write, str(error).encode())
            finally:
                os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as answer:
            assert answer.read().startswith(expected)
        os.waitpid(child, 0)


def test_engines_agree(exported, workdir, network, photos):
    expected = network.predict(photos)
    for other in (workdir, workdir / "best.keras", exported / "saved_model"):
        for density, reference in zip(predictor.load(other).predict(photos), expected, strict=True):
            np.testing.assert_allclose(density, reference, atol=1e-4 * reference.max())


def test_latest_version_of_a_saved_model_is_taken(tmp_path):
    for version in ("2", "10", "partial"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "saved_model.pb").touch()
    assert catalogue.find(str(tmp_path)) == ("saved_model", str(tmp_path / "10"))


def test_no_name_is_no_model():
    with pytest.raises(ValueError, match=r"A model is a name or a path. Received: None"):
        predictor.load(None)


@pytest.mark.parametrize("name", ["nothing_here", ".", "setup.cfg"])
def test_unknown_model(name):
    with pytest.raises(ValueError, match=r"A model is a preset.*Received"):
        predictor.load(name)


@pytest.mark.parametrize("extension", [".tflite", ".keras"])
def test_broken_model_file(tmp_path, extension):
    path = tmp_path / f"broken{extension}"
    path.write_bytes(b"not a model")
    with pytest.raises(ValueError, match=r"is not a (LiteRT|Keras) model"):
        predictor.load(path)


@pytest.mark.parametrize("threads", [0, 100_000, 1.5, "2"])
def test_threads_out_of_range_are_refused(threads):
    with pytest.raises(ValueError, match=rf"threads must be 1\.\.1024\. Received: {threads!r}"):
        predictor.load("salnet", threads=threads)


@pytest.mark.parametrize("file", ["best.keras", "saved_model.pb", "1/saved_model.pb"])
def test_a_preset_that_is_a_folder_as_well_is_refused(file, tmp_path, monkeypatch):
    path = tmp_path / "salnet" / file
    path.parent.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert catalogue.find("salnet")[1].endswith("weights/salnet_fp32.tflite")
    path.touch()
    with pytest.raises(ValueError, match=r"preset and a folder .* \./NAME .*Received: 'salnet'"):
        catalogue.find("salnet")
    assert path.is_relative_to(tmp_path / catalogue.find("./salnet")[1])


def test_litert_prediction_imports_neither_tensorflow_nor_keras(exported):
    path = next((exported / "litert").glob("*_fp32.tflite"))
    subprocess.run([sys.executable, "-c", LIGHT, str(path)], check=True)


def test_a_keras_model_starts_without_tensorflows_log(workdir):
    script = "import sys, salnet_tf, numpy as np\n"
    script += "salnet_tf.load(sys.argv[1]).predict(np.zeros((50, 70, 3), np.uint8))"
    environment = {name: value for name, value in os.environ.items() if "TF_CPP" not in name}
    command = [sys.executable, "-c", script, str(workdir)]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert answer.stderr == ""
