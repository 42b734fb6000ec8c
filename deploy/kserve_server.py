"""Serve an export with KServe's ModelServer (v1 REST with b64, TF-Serving's request forms).

Photos are read as salnet-predict reads them: turned by EXIF, over white, WebP and TIFF too.
Whether it lives: GET /v2/health/live; can answer: GET /v1/models/salnet; Prometheus: GET /metrics.

pip install -r deploy/kserve.txt      # an environment of its own: kserve lowers protobuf
python deploy/kserve_server.py --saved_model=EXPORT/saved_model/1 --http_port=8501
"""

import argparse
import asyncio
import base64
import contextlib
import json
import logging
import os
import pathlib
import sys
import warnings

import kserve
import numpy as np
from kserve import model_server
from kserve.errors import InvalidInput


@contextlib.contextmanager
def _quiet_start():
    """No start-up log of TensorFlow's while the block runs; errors still raise."""
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from salnet_tf.images import decode  # noqa: E402
from salnet_tf.serving import client  # noqa: E402

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
with _quiet_start():
    import tensorflow as tf


class SalNet(kserve.Model):
    """A SavedModel of `trainers.export` behind `/v1/models/salnet:predict`.

    Args:
        path: folder of its version.
        max_pixels: of all photos of a request together.
    """

    def __init__(self, path, max_pixels):
        super().__init__("salnet")
        self._path, self._max_pixels = path, max_pixels

    def validate(self, payload):
        """All is checked in `predict`: KServe's own check knows instances alone."""
        return payload

    def load(self):
        with _quiet_start():
            self._model = tf.saved_model.load(self._path)
            self._warm_up()
        self.ready = True
        return self.ready

    async def predict(self, payload, headers=None, response_headers=None):
        """`{"signature_name": ..., "instances": [...]}` -> `{"predictions": [...]}`.

        Or TF-Serving's other form, `{"inputs": ...}` -> `{"outputs": ...}`.
        """
        return await asyncio.to_thread(self._predict, payload)

    def _predict(self, payload):
        payload = _parsed(payload)
        name = payload.get("signature_name", "serving_default")
        if not isinstance(name, str) or name not in self._model.signatures:
            known = ", ".join(self._model.signatures)
            raise InvalidInput(f"signature_name must be one of {known}. Received: {name!r}")
        run = self._model.signatures[name]
        ((argument, spec),) = run.structured_input_signature[1].items()
        rows = [_decoded(row, argument) for row in _rows(payload, argument)]
        try:
            if spec.dtype == tf.string:
                rows = self._photos(rows)
            outputs = run(**{argument: _tensor(rows, argument, spec)})
            _check_finite(outputs)
        except (tf.errors.InvalidArgumentError, ValueError, TypeError) as error:
            raise InvalidInput(_reason(error)) from error
        columns = {n: [_encoded(one) for one in value.numpy()] for n, value in outputs.items()}
        if "instances" not in payload:
            return {"outputs": columns if len(columns) > 1 else next(iter(columns.values()))}
        rows = zip(*columns.values(), strict=True)
        return {"predictions": [dict(zip(columns, row, strict=True)) for row in rows]}

    def _photos(self, rows):
        """Image files as plain JPEG or PNG; their sizes are checked before one is decoded."""
        pixels = 0
        for data in rows:
            if not isinstance(data, bytes):
                raise ValueError('An image must be {"b64": ...}. Received: ' + repr(data)[:40])
            header = decode.read_header(data)
            pixels += header.height * header.width
        if pixels > self._max_pixels:
            raise ValueError(
                f"The photos of a request may have {self._max_pixels} pixels. Received: {pixels}"
            )
        return [client.encode(data) for data in rows]

    def _warm_up(self):
        path = os.path.join(self._path, "assets.extra", "metadata.json")
        with open(path, encoding="utf-8") as file:
            height, width = json.load(file)["canvas"]["size"]
        data = tf.io.encode_jpeg(tf.zeros((height, width, 3), tf.uint8))
        self._model.signatures["serving_default"](image_bytes=data[None])


def _check_finite(outputs):
    """Infinite numbers in are infinite logits out."""
    for name, output in outputs.items():
        if output.dtype.is_floating and not np.isfinite(output.numpy()).all():
            raise ValueError(f"The input must be finite numbers, 0..255. Received: {name} is not")


def _reason(error):
    """The line of TensorFlow's message that says what is wrong."""
    lines = [line for line in str(error).splitlines() if line.strip() and "[[{{" not in line]
    return lines[-1].strip()


def _parsed(payload):
    """The request's dict; KServe leaves a body as bytes that came without a JSON header."""
    try:
        payload = json.loads(payload) if isinstance(payload, bytes) else payload
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The request is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise InvalidInput("The request must be a JSON object with instances.")
    return payload


def _rows(payload, argument):
    """The inputs of `instances`, or of `inputs`: a list, or `{argument: list}`."""
    name = "instances" if "instances" in payload else "inputs"
    rows = payload.get(name)
    if name == "inputs" and isinstance(rows, dict) and argument in rows:
        rows = rows[argument]
    if not isinstance(rows, list) or not rows:
        raise InvalidInput("instances (or inputs) must be a list with at least one input.")
    return rows


def _decoded(row, argument):
    """An instance, `{argument: value}` or the value itself; `{"b64": ...}` is a byte string."""
    value = row.get(argument, row) if isinstance(row, dict) else row
    if not isinstance(value, dict):
        return value
    if "b64" not in value:
        raise InvalidInput(f"An instance must have {argument!r}. Received: {', '.join(value)}")
    try:
        return base64.b64decode(value["b64"], validate=True)
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"b64 must be base64. Received: {str(value['b64'])[:40]!r}") from error


def _tensor(rows, argument, spec):
    """The instances as the signature's input."""
    try:
        wraps = spec.dtype.is_integer and _is_outside(rows, spec.dtype)
        tensor = tf.constant(rows, spec.dtype)
        received = "values out of its range" if wraps else f"shape {tensor.shape}"
        fits = not wraps and spec.shape.is_compatible_with(tensor.shape)
    except (ValueError, TypeError):
        received, fits = "rows of unequal lengths, or values of another type or range", False
    if not fits:
        raise InvalidInput(
            f"{argument} must be {spec.dtype.name} of shape {spec.shape}. Received: {received}"
        )
    return tensor


def _is_outside(rows, dtype):
    """True for integers that TensorFlow would wrap."""
    values = np.array(rows)
    return bool(values.size and (values.min() < dtype.min or values.max() > dtype.max))


def _encoded(value):
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    return value.tolist()


def _one_line(record):
    """A log filter: a request that is wrong is one line and no traceback."""
    error = record.exc_info and record.exc_info[1]
    if isinstance(error, InvalidInput):
        record.msg, record.args = f"Refused: {error.reason}", ()
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


class BodyLimit:
    """ASGI: refuses a request by its length, before its body is read.

    Args:
        app: the application behind it.
        most: bytes of a body.
    """

    def __init__(self, app, most):
        self._app, self._most = app, most

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and scope["method"] == "POST":
            length = dict(scope["headers"]).get(b"content-length", b"")
            if not length.isdigit():
                return await _refuse(send, 411, "A request must say its Content-Length.")
            if int(length) > self._most:
                said = f"A request may have {self._most} bytes. Received: {int(length)}"
                return await _refuse(send, 413, said)
        await self._app(scope, receive, send)


async def _refuse(send, status, reason):
    body = json.dumps({"error": reason}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Loopback(model_server.RESTServer):
    """KServe's REST server on 127.0.0.1, with a limit; its own listens on every interface."""

    max_bytes = 0

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.config.host = "127.0.0.1"

    def _add_middlewares(self, app):
        super()._add_middlewares(app)
        app.add_middleware(BodyLimit, most=self.max_bytes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(parents=[model_server.parser])
    parser.add_argument("--saved_model", required=True, help="Folder of a version of an export.")
    parser.add_argument("--max_bytes", type=int, default=32_000_000, help="Of a request's body.")
    parser.add_argument("--max_pixels", type=int, default=50_000_000, help="Of all its photos.")
    arguments = parser.parse_args()
    model = SalNet(arguments.saved_model, arguments.max_pixels)
    try:
        model.load()
    except OSError:
        sys.exit(f"error: There is no SavedModel of an export. Received: {arguments.saved_model}")
    logging.getLogger("kserve").addFilter(_one_line)
    warnings.filterwarnings("ignore", "ORJSONResponse is deprecated")  # KServe's own use of it
    _Loopback.max_bytes = arguments.max_bytes
    model_server.RESTServer = _Loopback
    model_server.ModelServer(
        http_port=arguments.http_port, enable_grpc=False, workers=1, access_log_format=None
    ).start([model])
