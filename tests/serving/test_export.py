import hashlib
import json
import pathlib
import sys

import cv2
import numpy as np
import pytest
import tensorflow as tf

from salnet_tf.images import decode, geometry
from salnet_tf.models import loading, presets
from salnet_tf.serving import export, predictor


def _jpeg(photo):
    return cv2.imencode(".jpg", cv2.cvtColor(photo, cv2.COLOR_RGB2BGR))[1].tobytes()


@pytest.fixture(scope="session")
def served(exported):
    return tf.saved_model.load(str(exported / "saved_model" / "1"))


def test_float_tensor_is_the_network(served, tiny_model, photos):
    canvases = np.stack([geometry.image_to_canvas(p, tiny_model.image_size)[0] for p in photos])
    logits = served.signatures["float_tensor"](image=tf.constant(canvases))["logits"]
    np.testing.assert_allclose(logits, tiny_model(canvases, training=False), atol=1e-3)


def test_image_tensor_gives_densities_at_the_images_own_size(served, workdir, photos):
    keras_predictor = predictor.load(workdir)
    for photo in photos:
        batch = np.stack([photo, photo[:, ::-1]])
        densities = served.signatures["image_tensor"](image=tf.constant(batch))["density"]
        expected = np.stack(keras_predictor.predict(list(batch)))
        # OpenCV's and TensorFlow's resizing differ by up to 0.003 of 255.
        np.testing.assert_allclose(densities, expected, atol=1e-3 * expected.max())


def test_image_bytes_takes_images_of_any_sizes(served, workdir, photos):
    data = [_jpeg(photo) for photo in photos]
    answer = served.signatures["serving_default"](image_bytes=tf.constant(data))
    keras_predictor = predictor.load(workdir)
    for i, photo in enumerate(photos):
        assert (answer["height"][i], answer["width"][i]) == photo.shape[:2]
        heat = tf.io.decode_png(answer["saliency_png_bytes"][i]).numpy()[..., 0]
        density = keras_predictor.predict(data[i])
        error = np.abs(heat - density / density.max() * 255).max()
        assert error <= 0.75  # half a grey level and a little


@pytest.mark.parametrize("data", [b"", b"no image"])
def test_bytes_that_are_no_image_are_refused(served, data):
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"image|Input is empty"):
        served.signatures["serving_default"](image_bytes=tf.constant([data]))


@pytest.mark.parametrize(("ending", "name"), [(".webp", "WebP"), (".bmp", "BMP"), (".gif", "GIF")])
def test_other_formats_are_refused_by_name(served, ending, name):
    data = cv2.imencode(ending, np.zeros((20, 30, 3), np.uint8))[1].tobytes()
    message = rf"must be JPEG or PNG\. Received: {name}"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        served.signatures["serving_default"](image_bytes=tf.constant([data]))


def test_what_is_transparent_lies_over_white(served, photos):
    rng = np.random.default_rng(0)
    clear = np.dstack([photos[0], rng.integers(0, 256, photos[0].shape[:2], np.uint8)])
    pngs = [cv2.imencode(".png", one)[1].tobytes() for one in (clear, decode.over_white(clear))]
    answer = served.signatures["serving_default"](image_bytes=tf.constant(pngs))
    heat = [tf.io.decode_png(one).numpy() for one in answer["saliency_png_bytes"]]
    np.testing.assert_array_equal(*heat)


def test_version_is_never_written_over(exported, workdir):
    with pytest.raises(ValueError, match=r"This version is there already.*Received"):
        export.export(export.ExportConfig(model=str(workdir), output_dir=str(exported)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("formats", ("caffe",)),
        ("litert_types", ("int4",)),
        ("formats", ()),
        ("litert_types", ("int8",)),  # without calibration photos
        ("version", 0),
        ("output_dir", ""),
    ],
)
def test_unknown_choices(field, value):
    with pytest.raises(ValueError, match=r"Received"):
        export.ExportConfig(**{"model": "m", "output_dir": "o", field: value})


def test_only_a_keras_model_is_exported(exported):
    with pytest.raises(ValueError, match=r"A preset, a .keras file or a training"):
        loading.load(str(exported / "saved_model"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"image_sizes": ((64, 100),)}, r"image_size must be a multiple of 16.*\(64, 100\)"),
        ({"litert_types": ("int8",), "calibration": "nothing"}, "Received: 'nothing'"),
    ],
)
def test_what_cannot_be_exported_leaves_nothing(workdir, tmp_path, wrong, message):
    with pytest.raises(ValueError, match=message):
        export.export(export.ExportConfig(str(workdir), str(tmp_path), **wrong))
    assert not list(tmp_path.iterdir())


def test_onnx_takes_any_batch_and_says_what_it_is(workdir, tiny_model, photos, tmp_path):
    pytest.importorskip("tf2onnx", reason="needs the extra onnx")
    runtime = pytest.importorskip("onnxruntime", reason="needs the extra onnx")
    config = export.ExportConfig(str(workdir), str(tmp_path), formats=("onnx",))
    (path,) = export.export(config)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    canvases = np.stack([geometry.image_to_canvas(p, tiny_model.image_size)[0] for p in photos])
    expected = tiny_model(canvases, training=False)
    for part in (slice(0, 1), slice(0, 5)):
        (logits,) = session.run(["logits"], {"image": canvases[part]})
        np.testing.assert_allclose(logits, expected[part], atol=1e-3)
    facts = json.loads(pathlib.Path(path).with_suffix(".json").read_text())
    assert facts["input"]["shape"] == ["batch", 64, 96, 3] and facts["type"] == "fp32"


def test_onnx_without_its_converter_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(ValueError, match=r"needs tf2onnx \(pip install 'salnet-tf\[onnx\]'\)"):
        export.ExportConfig("salnet", "out", formats=("onnx",))


@pytest.mark.parametrize("name", ["saved_model", "litert"])
def test_a_file_where_a_folder_must_be_is_met_before_anything_is_written(workdir, tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match=rf"needs a folder of this name\. Received: .*/{name}"):
        export.export(export.ExportConfig(str(workdir), str(tmp_path)))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_where_a_file_must_be_is_met_before_anything_is_written(
    workdir, exported, tmp_path
):
    name = next((exported / "litert").glob("*_fp32.tflite")).name
    (tmp_path / "litert" / name).mkdir(parents=True)
    with pytest.raises(
        ValueError, match=r"needs a file of this name\. Received: .*_fp32.tflite, a"
    ):
        export.export(export.ExportConfig(str(workdir), str(tmp_path)))
    assert [path.name for path in tmp_path.iterdir()] == ["litert"]


@pytest.mark.parametrize("version", [0, 2**63])
def test_versions_that_no_server_reads_are_refused(tmp_path, version):
    with pytest.raises(ValueError, match=rf"version must be .* Received: {version}"):
        export.ExportConfig("salnet", str(tmp_path), version=version)


def test_a_preset_is_exported_under_its_name(tiny_preset, workdir, tmp_path, monkeypatch):
    weights = tmp_path / "weights"
    weights.mkdir()
    data = (workdir / "best.keras").read_bytes()
    (weights / "tiny.keras").write_bytes(data)
    monkeypatch.setattr(presets, "WEIGHTS_DIR", str(weights))
    presets.preset(tiny_preset).sha256["keras"] = hashlib.sha256(data).hexdigest()
    config = export.ExportConfig(tiny_preset, str(tmp_path / "out"), formats=("litert",))
    assert export.export(config) == [str(tmp_path / "out/litert/tiny_fp32.tflite")]
    facts = json.loads((tmp_path / "out/litert/tiny_fp32.json").read_text())
    assert facts["origin"]["file"] == "tiny.keras"


def test_a_run_is_exported_under_the_preset_it_says(workdir, tmp_path, monkeypatch, served_config):
    named = {name: presets.Preset(name, served_config) for name in ("tiny", "twin")}
    named = {**presets.PRESETS, **named}
    monkeypatch.setattr(presets, "PRESETS", named)
    model = loading.load(str(workdir))
    for said, name in (("twin", "twin"), ("salnet", "tiny")):
        run = tmp_path / said
        run.mkdir()
        (run / "config.json").write_text(json.dumps({"model": said}))
        assert export._name(model, export.ExportConfig(str(run), "out")) == name
    for file, name in (("twin", "twin"), ("tiny", "tiny"), ("salnet", "tiny"), ("best", "tiny")):
        config = export.ExportConfig(f"elsewhere/{file}.keras", "out")
        assert export._name(model, config) == name


def test_metadata_tells_input_output_and_origin(exported, quantised, workdir):
    path = next((quantised / "litert").glob("*_int8.json"))
    facts = json.loads(path.read_text())
    data = path.with_suffix(".tflite").read_bytes()
    assert facts["sha256"] == hashlib.sha256(data).hexdigest()
    assert facts["input"]["shape"] == [1, 64, 96, 3]
    assert facts["calibration_photos"] == 5
    origin = hashlib.sha256((workdir / "best.keras").read_bytes()).hexdigest()
    assert facts["origin"] == {"file": "best.keras", "sha256": origin}
    served = json.loads((exported / "saved_model/1/assets.extra/metadata.json").read_text())
    assert served["origin"] == facts["origin"]
    assert set(served["signatures"]) == {"serving_default", "image_tensor", "float_tensor"}
