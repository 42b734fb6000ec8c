"""What the KServe server refuses; KServe itself, HTTP and all, is stood in for."""

import importlib.util
import pathlib
import sys
import types

import pytest
import tensorflow as tf

_PATH = pathlib.Path(__file__).parents[2] / "deploy" / "kserve_server.py"


class InvalidInput(ValueError):
    """KServe's own: HTTP 400."""


@pytest.fixture(scope="module")
def saved_model(tmp_path_factory):
    """Signatures of one output: sums of uint8 images, halves of numbers, lengths of bytes."""

    def total(image):
        return {"total": tf.reduce_sum(tf.cast(image, tf.int32), [1, 2])}

    def length(image_bytes):
        return {"length": tf.strings.length(image_bytes)}

    def half(image):
        return {"half": image / 2}

    image = tf.TensorSpec((None, None, 3), tf.uint8, name="image")
    floats = tf.TensorSpec((None,), tf.float32, name="image")
    data = tf.TensorSpec((None,), tf.string, name="image_bytes")
    signatures = {
        "image_tensor": tf.function(total).get_concrete_function(image=image),
        "float_tensor": tf.function(half).get_concrete_function(image=floats),
        "serving_default": tf.function(length).get_concrete_function(image_bytes=data),
    }
    path = str(tmp_path_factory.mktemp("saved_model"))
    tf.saved_model.save(tf.Module(), path, signatures)
    return tf.saved_model.load(path)


@pytest.fixture
def server(saved_model, monkeypatch):
    """A `SalNet` of `deploy/kserve_server.py` that serves `saved_model`."""
    stand_ins = {
        "kserve": {"Model": type("Model", (), {"__init__": lambda self, name: None})},
        "kserve.model_server": {"RESTServer": object},
        "kserve.errors": {"InvalidInput": InvalidInput},
    }
    for name, members in stand_ins.items():
        module = types.ModuleType(name)
        module.__dict__.update(members)
        monkeypatch.setitem(sys.modules, name, module)
    sys.modules["kserve"].model_server = sys.modules["kserve.model_server"]
    spec = importlib.util.spec_from_file_location("kserve_server", _PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    served = module.SalNet("nowhere")
    served._model = saved_model
    return served


def test_it_answers(server):
    request = {"signature_name": "image_tensor", "instances": [[[1, 2, 255]]]}
    assert server._predict(request) == {"predictions": [{"total": 258}]}
    assert server._predict({"instances": [{"b64": "AAAA"}]}) == {"predictions": [{"length": 3}]}


@pytest.mark.parametrize("pixel", [[1, 2, 300], [-1, 2, 3], [1, 2, 10**30]])
def test_numbers_out_of_range_are_refused_not_wrapped(server, pixel):
    request = {"signature_name": "image_tensor", "instances": [[pixel]]}
    with pytest.raises(InvalidInput, match=r"image must be uint8 .*Received: .*range"):
        server._predict(request)


@pytest.mark.parametrize("instances", [[[[1, 2, 3.5]]], [[["a", 2, 3]]], [[[1, 2]], [[1, 2, 3]]]])
def test_other_types_and_lengths_are_refused(server, instances):
    request = {"signature_name": "image_tensor", "instances": instances}
    with pytest.raises(InvalidInput, match=r"image must be uint8 .*Received: "):
        server._predict(request)


@pytest.mark.parametrize("name", [["image_tensor"], {}, None, 5, "heat"])
def test_names_that_no_signature_has_are_refused(server, name):
    with pytest.raises(InvalidInput, match=r"signature_name must be one of .*Received: "):
        server._predict({"signature_name": name, "instances": [1]})


@pytest.mark.parametrize("value", ["@@@", "A", 5, None, "é"])
def test_what_is_not_base64_is_refused_in_its_own_words(server, value):
    with pytest.raises(InvalidInput, match=r"b64 must be base64\. Received: "):
        server._predict({"instances": [{"b64": value}]})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_refused(server, value):
    request = {"signature_name": "float_tensor", "instances": [3.0]}
    assert server._predict(request) == {"predictions": [{"half": 1.5}]}
    with pytest.raises(InvalidInput, match=r"must be finite numbers, 0..255. Received: half"):
        server._predict({**request, "instances": [value]})


def test_a_body_that_is_nested_without_end_is_refused(server):
    with pytest.raises(InvalidInput, match="The request is not JSON"):
        server._predict(b"[" * 200_000)
