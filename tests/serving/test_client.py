"""The client against TF-Serving's own gRPC service and a server of its REST form, in this process.

Against a true server: `TF_SERVING_URL=http://localhost:8501 python -m pytest` with this file.
"""

import base64
import io
import json
import os
import re
import threading
import time
from concurrent import futures
from http import server as http_server

import cv2
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from salnet_tf.images import reading
from salnet_tf.serving import client as client_lib
from salnet_tf.serving import predictor


def _run(signatures, name, data):
    return signatures[name](image_bytes=tf.constant(data))["saliency_png_bytes"].numpy().tolist()


@pytest.fixture(scope="module")
def signatures(exported):
    model = tf.saved_model.load(str(exported / "saved_model" / "1"))
    yield model.signatures
    del model


@pytest.fixture(scope="module")
def grpc_url(signatures):
    """TF-Serving's real service definition and messages, answered by the SavedModel."""
    grpc = pytest.importorskip("grpc", reason="needs grpcio")
    reason = "needs tensorflow-serving-api (pip install --no-deps)"
    apis = pytest.importorskip("tensorflow_serving.apis.predict_pb2", reason=reason)
    stubs = pytest.importorskip(
        "tensorflow_serving.apis.prediction_service_pb2_grpc", reason=reason
    )

    class Service(stubs.PredictionServiceServicer):
        def Predict(self, request, context):
            name = request.model_spec.signature_name
            if request.model_spec.name != "salnet" or name not in signatures:
                context.abort(grpc.StatusCode.NOT_FOUND, f"no signature {name!r}")
            try:
                data = tf.make_ndarray(request.inputs["image_bytes"]).tolist()
                answer = _run(signatures, name, data)
            except tf.errors.InvalidArgumentError as error:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, error.message.splitlines()[0])
            response = apis.PredictResponse()
            for output in request.output_filter:
                response.outputs[output].CopyFrom(tf.make_tensor_proto(answer))
            return response

    grpc_server = grpc.server(futures.ThreadPoolExecutor(2))
    stubs.add_PredictionServiceServicer_to_server(Service(), grpc_server)
    port = grpc_server.add_insecure_port("127.0.0.1:0")
    grpc_server.start()
    yield f"grpc://127.0.0.1:{port}"
    grpc_server.stop(None).wait()


@pytest.fixture(scope="module")
def rest_server(signatures):
    """A server of TF-Serving's REST form over the SavedModel; `failures` makes it busy at first."""

    class Handler(http_server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if rest.failures:
                rest.failures -= 1
                return self._send(503, {"error": "busy"})
            if rest.hang.is_set():
                rest.release.wait(10)
            name = request["signature_name"]
            if self.path != "/v1/models/salnet:predict" or name not in signatures:
                return self._send(404, {"error": f"no signature {name!r} at {self.path}"})
            data = [base64.b64decode(r["image_bytes"]["b64"]) for r in request["instances"]]
            try:
                answer = _run(signatures, name, data)
            except tf.errors.InvalidArgumentError as error:
                return self._send(400, {"error": error.message.splitlines()[0]})
            if rest.instead is not None:
                return self._send(*rest.instead)
            encoded = [{"b64": base64.b64encode(png).decode()} for png in answer]
            self._send(200, {"predictions": [{"saliency_png_bytes": png} for png in encoded]})

        def _send(self, status, content):
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    rest = http_server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    rest.handle_error = lambda *request: None  # a client that left is no error
    rest.instead = None
    rest.failures, rest.hang, rest.release = 0, threading.Event(), threading.Event()
    rest.url = f"http://127.0.0.1:{rest.server_port}"
    thread = threading.Thread(target=rest.serve_forever)
    thread.start()
    yield rest
    rest.release.set()
    rest.shutdown()
    rest.server_close()
    thread.join()


@pytest.fixture
def rest(rest_server):
    """The server, with its own answers again when a test has put others there."""
    yield rest_server
    rest_server.instead = None


@pytest.fixture(params=["rest", "grpc"])
def url(request):
    return (
        request.getfixturevalue("rest").url
        if request.param == "rest"
        else (request.getfixturevalue("grpc_url"))
    )


def test_the_server_predicts_what_the_predictor_does(url, exported, photos, photo_folder):
    paths = sorted(photo_folder.glob("*.png"))
    densities = client_lib.Client(url, batch_size=2).predict([str(p) for p in paths])
    local = predictor.load(next((exported / "litert").glob("*_fp32.tflite")))
    for expected, density in zip(local.predict(photos), densities, strict=True):
        assert density.shape == expected.shape
        assert density.sum() == pytest.approx(1, abs=1e-4)
        difference = density / density.max() - expected / expected.max()
        assert np.abs(difference).max() < 0.75 / 255  # the answer has 8 bits


def test_an_image_that_the_server_cannot_read_is_refused(url, monkeypatch):
    monkeypatch.setattr(client_lib, "encode", lambda image: image)
    with pytest.raises(ValueError, match="The server refuses the request"):
        client_lib.Client(url, retries=0).predict(b"no image")


def test_an_unknown_signature_is_refused(url, photo_folder):
    transport = client_lib.Client(url, retries=0).transport
    data = (photo_folder / "0.png").read_bytes()
    with pytest.raises(ValueError, match=r"refuses the request .*no signature 'heat'"):
        transport.call("heat", "image_bytes", [data], "saliency_png_bytes")


@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_an_unreachable_server_is_named(scheme, photos):
    pytest.importorskip("grpc", reason="needs grpcio")
    nowhere = client_lib.Client(f"{scheme}://127.0.0.1:9", retries=1, deadline=5)
    with pytest.raises(ConnectionError, match=r"cannot be reached. Received: .*127.0.0.1:9"):
        nowhere.predict(photos[0])


def test_a_busy_server_is_asked_again(rest, photos):
    rest.failures = 2
    assert client_lib.Client(rest.url, retries=3).predict(photos[3]).shape == photos[3].shape[:2]
    rest.failures = 2
    with pytest.raises(ValueError, match=r"HTTP 503.*busy"):
        client_lib.Client(rest.url, retries=1).predict(photos[3])
    rest.failures = 0


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        ([[0.1, 0.9]], r"lacks 'saliency_png_bytes' as base64\. Received: .*0\.1"),
        ([{"scores": [1]}], "lacks 'saliency_png_bytes'"),
        ([], "answers 2 photos with 0 maps"),
    ],
)
def test_another_servers_answer_is_named(rest, photos, predictions, message):
    rest.instead = 200, {"predictions": predictions}
    with pytest.raises(ValueError, match=message):
        client_lib.Client(rest.url).predict([photos[3], photos[3]])


@pytest.mark.parametrize("content", [[], "x", 5, None, {}, {"predictions": None}])
@pytest.mark.parametrize(
    ("status", "message"), [(200, r"lacks .* as base64\. Received: "), (500, r"\(HTTP 500\): ")]
)
def test_an_answer_of_an_odd_kind_is_named(rest, photos, status, content, message):
    rest.instead = status, content
    with pytest.raises(ValueError, match=message + re.escape(json.dumps(content))):
        client_lib.Client(rest.url).predict(photos[3])


@pytest.mark.parametrize(
    ("b64", "message"),
    [("@@@", "as base64"), ("", "not a PNG"), ("AAAA", "not a PNG"), (5, "as base64")],
)
def test_a_map_that_cannot_be_read_is_named(rest, photos, b64, message):
    rest.instead = 200, {"predictions": [{"saliency_png_bytes": {"b64": b64}}]}
    with pytest.raises(ValueError, match=rf"{message}\. Received"):
        client_lib.Client(rest.url).predict(photos[3])


def test_a_black_map_is_refused(rest, photos):
    png = cv2.imencode(".png", np.zeros((30, 45), np.uint8))[1].tobytes()
    row = {"saliency_png_bytes": {"b64": base64.b64encode(png).decode()}}
    rest.instead = 200, {"predictions": [row]}
    with pytest.raises(ValueError, match=r"must have a peak\. Received: 0 in all of \(30, 45\)"):
        client_lib.Client(rest.url).predict(photos[3])


def test_a_deadline_is_kept(rest, photos):
    rest.hang.set()
    try:
        with pytest.raises(TimeoutError, match=r"No answer within 0.3 s. Received"):
            client_lib.Client(rest.url, deadline=0.3).predict(photos[3])
    finally:
        rest.hang.clear()
        rest.release.set()


def test_a_deadline_is_kept_by_an_answer_that_dribbles(photos):
    class Slow(http_server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(200)
            self.send_header("Content-Length", "40")
            self.end_headers()
            for _ in range(40):
                if ended.wait(0.1):
                    return
                self.wfile.write(b" ")

        def log_message(self, *_):
            pass

    ended, slow = threading.Event(), http_server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    slow.handle_error = lambda *request: None
    thread = threading.Thread(target=slow.serve_forever)
    thread.start()
    try:
        started = time.monotonic()
        with pytest.raises(TimeoutError, match=r"No answer within 0.5 s. Received"):
            client_lib.Client(f"http://127.0.0.1:{slow.server_port}", deadline=0.5).predict(photos)
        assert time.monotonic() - started < 3
    finally:
        ended.set()
        slow.shutdown()
        slow.server_close()
        thread.join()


def test_a_map_of_another_size_is_refused(rest, photos):
    png = cv2.imencode(".png", np.full((30, 40), 9, np.uint8))[1].tobytes()
    row = {"saliency_png_bytes": {"b64": base64.b64encode(png).decode()}}
    rest.instead = 200, {"predictions": [row]}
    with pytest.raises(ValueError, match=r"photo's size. Received: \(30, 40\) for \(30, 45\)"):
        client_lib.Client(rest.url).predict(photos[3])


@pytest.mark.parametrize("url", ["localhost:8501", "ftp://a", "http://", None])
def test_wrong_urls(url):
    with pytest.raises(ValueError, match=r"url must be .*Received"):
        client_lib.Client(url)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("batch_size", (-1, 0, 1.5)),
        ("concurrency", (0, None)),
        ("retries", (-1, 0.5)),
        ("deadline", (np.nan, -1, 0, np.inf, "1")),
    ],
)
def test_numbers_out_of_range(name, values):
    for value in values:
        with pytest.raises(ValueError, match=rf"{name} must be .*\. Received: "):
            client_lib.Client("http://localhost:1", **{name: value})


def test_more_retries_than_grpc_makes_are_refused():
    pytest.importorskip("grpc", reason="needs grpcio")
    with pytest.raises(ValueError, match=r"retries of gRPC are 4 at most\. Received: 5"):
        client_lib.Client("grpc://localhost:1", retries=5)


def test_what_a_server_would_see_otherwise_is_sent_as_png(photos, tmp_path):
    jpeg = cv2.imencode(".jpg", photos[0][..., ::-1])[1].tobytes()
    turned = tmp_path / "turned.jpg"
    # An EXIF segment that says: turn by 90 degrees (orientation 6).
    tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    turned.write_bytes(jpeg[:2] + b"\xff\xe1\0\x22Exif\0\0" + tiff + jpeg[2:])
    assert client_lib.encode(jpeg) == jpeg
    sent = client_lib.encode(turned)
    np.testing.assert_array_equal(tf.io.decode_png(sent), reading.read_image(turned))
    assert tf.io.decode_png(sent).shape[:2] == photos[0].shape[1::-1]
    alpha = cv2.imencode(".png", np.dstack([photos[0], photos[0][..., :1]]))[1].tobytes()
    np.testing.assert_array_equal(
        tf.io.decode_png(client_lib.encode(alpha)), reading.read_image(alpha)
    )


def test_cmyk_without_adobes_mark_and_a_tiny_turned_photo_are_sent_as_png(photos):
    file = io.BytesIO()
    Image.fromarray(photos[0]).convert("CMYK").save(file, "JPEG")
    data = file.getvalue()
    at = data.index(b"\xff\xee")
    cmyk = data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]
    assert b"Adobe" in data and b"Adobe" not in cmyk
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    Image.fromarray(photos[0][:5, :8]).save(file, "JPEG", exif=exif)
    for one in (cmyk, file.getvalue()):
        np.testing.assert_array_equal(
            tf.io.decode_png(client_lib.encode(one)), reading.read_image(one)
        )


@pytest.mark.skipif(
    not os.environ.get("TF_SERVING_URL"),
    reason="TF_SERVING_URL is not set (no tensorflow_model_server comes from PyPI)",
)
def test_a_true_server(photos):
    served = client_lib.Client(os.environ["TF_SERVING_URL"])
    for photo, density in zip(photos, served.predict(photos), strict=True):
        assert density.shape == photo.shape[:2]
        assert density.sum() == pytest.approx(1, abs=1e-4)
    with pytest.raises(ValueError, match="The server refuses the request"):
        served.transport.call("heat", "image_bytes", [b""], "saliency_png_bytes")
    with pytest.raises(ValueError, match="The server refuses the request"):
        served.transport.call("serving_default", "image_bytes", [b""], "saliency_png_bytes")
