"""What the KServe server refuses; KServe itself, HTTP and all, is stood in for."""

import asyncio
import base64
import importlib.util
import pathlib
import sys
import types

import cv2
import numpy as np
import pytest
import tensorflow as tf

_PATH = pathlib.Path(__file__).parents[2] / "deploy" / "kserve_server.py"


class InvalidInput(ValueError):
    """KServe's own: HTTP 400."""


def _encoded(ending=".png", size=(20, 30)):
    return cv2.imencode(ending, np.full((*size, 3), 99, np.uint8))[1].tobytes()


def _b64(data):
    return {"b64": base64.b64encode(data).decode()}


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
    served = module.SalNet("nowhere", max_pixels=1200)
    served._model = saved_model
    served.module = module
    return served


def test_it_answers(server):
    request = {"signature_name": "image_tensor", "instances": [[[1, 2, 255]]]}
    assert server._predict(request) == {"predictions": [{"total": 258}]}
    data = _encoded()
    assert server._predict({"instances": [_b64(data)]}) == {"predictions": [{"length": len(data)}]}


def test_it_takes_tf_servings_other_form(server):
    data = _encoded()
    for inputs in ([_b64(data)] * 2, {"image_bytes": [_b64(data)] * 2}):
        request = {"inputs": inputs}
        assert server.validate(request) is request
        assert server._predict(request) == {"outputs": [len(data)] * 2}
    for wrong in ({"inputs": {"photo": [1]}}, {"inputs": []}, {}):
        with pytest.raises(InvalidInput, match=r"instances \(or inputs\) must be a list"):
            server._predict(wrong)


def test_photos_of_every_kind_are_sent_on_as_png(server):
    length = server._predict({"instances": [_b64(_encoded(".webp"))]})["predictions"][0]["length"]
    assert length == len(_encoded(".png"))


@pytest.mark.parametrize(
    ("photos", "message"),
    [
        ([_encoded(size=(40, 31))], "may have 1200 pixels. Received: 1240"),
        ([_encoded()] * 3, "may have 1200 pixels. Received: 1800"),
        ([b"no image"], "cannot be decoded"),
        ([b""], "is empty"),
    ],
)
def test_bombs_and_other_bytes_are_refused_before_one_is_decoded(
    server, photos, message, monkeypatch
):
    monkeypatch.setattr(server.module.client, "encode", None)
    with pytest.raises(InvalidInput, match=message):
        server._predict({"instances": [_b64(one) for one in photos]})


@pytest.mark.parametrize(
    ("headers", "status"),
    [([(b"content-length", b"101")], 413), ([], 411), ([(b"content-length", b"100")], None)],
)
def test_bodies_are_refused_by_their_length(server, headers, status):
    passed, sent = [], []

    async def app(scope, receive, send):
        passed.append(scope)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": headers}
    asyncio.run(server.module.BodyLimit(app, 100)(scope, None, send))
    assert bool(passed) == (status is None)
    assert [one.get("status") for one in sent[:1]] == ([status] if status else [])


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
