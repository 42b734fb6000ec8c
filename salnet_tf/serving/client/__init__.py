"""Ask a TF-Serving (or KServe) server where people look: REST or gRPC, no TensorFlow needed.

    with Client("http://localhost:8501") as client:        # or grpc://localhost:8500
        density = client.predict("photo.jpg")

Needs the extra `client` (urllib3; grpcio and protobuf for gRPC).
"""

import concurrent.futures
import importlib
import math
import numbers
import os

import cv2
import numpy as np
import tqdm

from salnet_tf.images import decode, reading

SIGNATURE, INPUT, OUTPUT = "serving_default", "image_bytes", "saliency_png_bytes"
_TRANSPORTS = {"http": "rest", "https": "rest", "grpc": "grpc"}


class Client:
    """Predicts through a server, as `Predictor` does in the process.

    Args:
        url: `http://HOST:PORT`, `https://...` or `grpc://HOST:PORT`.
        model: name under which the server knows the model.
        deadline: seconds that one request may take, its repetitions included.
        retries: repetitions of a request that did not get through; gRPC allows 4.
        batch_size: photos in a request.
        concurrency: requests under way at once.

    Raises:
        ValueError: the url is of another kind, or a number out of its range.
        ImportError: the extra `client` is not installed.
    """

    def __init__(self, url, model="salnet", deadline=30.0, retries=3, batch_size=4, concurrency=2):
        scheme, _, rest = url.partition("://") if isinstance(url, str) else ("", "", "")
        if scheme not in _TRANSPORTS or not rest:
            raise ValueError(
                f"url must be http://HOST:PORT, https://... or grpc://HOST:PORT. Received: {url!r}"
            )
        for name, value, least in (
            ("retries", retries, 0),
            ("batch_size", batch_size, 1),
            ("concurrency", concurrency, 1),
        ):
            if not isinstance(value, numbers.Integral) or value < least:
                raise ValueError(f"{name} must be a whole number from {least}. Received: {value!r}")
        if not isinstance(deadline, numbers.Real) or not 0 < deadline < math.inf:
            raise ValueError(f"deadline must be above 0 seconds. Received: {deadline!r}")
        try:
            module = importlib.import_module(f"salnet_tf.serving.client.{_TRANSPORTS[scheme]}")
        except ModuleNotFoundError as error:
            raise ImportError(
                f"The client needs {error.name}: pip install 'salnet-tf[client]'."
            ) from error
        self.transport = module.Transport(url.rstrip("/"), model, deadline, retries)
        self.batch_size, self.concurrency = batch_size, concurrency

    def predict(self, image):
        """Where people look.

        Args:
            image: a path, an image file's bytes, `[H, W, 3]` uint8 RGB, or a list of these.

        Returns:
            `[H, W]` float32 that sums to 1, in 256 steps of its peak; for a list, a list of them.

        Raises:
            ValueError: the image cannot be decoded, the server refuses the request, or its answer
                is no map of the photo's size.
            ConnectionError: the server cannot be reached.
            TimeoutError: it does not answer before the deadline.
        """
        if not isinstance(image, (list, tuple)):
            return self._ask([image])[0]
        batches = [image[i : i + self.batch_size] for i in range(0, len(image), self.batch_size)]
        with (
            concurrent.futures.ThreadPoolExecutor(self.concurrency) as pool,
            tqdm.tqdm(total=len(image), unit="photo", disable=None) as progress,
        ):
            densities = []
            for answer in pool.map(self._ask, batches):
                densities += answer
                progress.update(len(answer))
        return densities

    def close(self):
        """Close the connections; the client is of no use afterwards."""
        self.transport.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def _ask(self, images):
        sent = [encode(one) for one in images]
        maps = self.transport.call(SIGNATURE, INPUT, sent, OUTPUT)
        if len(maps) != len(images):
            raise ValueError(f"The server answers {len(images)} photos with {len(maps)} maps.")
        return [_density(data, _size(one)) for data, one in zip(maps, sent, strict=True)]


def encode(image):
    """Bytes to send: a plain upright JPEG or PNG as it is, anything else as PNG.

    The server decodes with TensorFlow, which neither turns a photo by its EXIF tag nor knows CMYK,
    16 bits or alpha as a person sees them.
    """
    if isinstance(image, (str, os.PathLike)):
        with open(image, "rb") as file:
            data = file.read()
        if _is_plain(data):
            return data
    elif isinstance(image, (bytes, bytearray)) and _is_plain(bytes(image)):
        return bytes(image)
    return cv2.imencode(".png", reading.read_image(image)[..., ::-1])[1].tobytes()


def _is_plain(data):
    try:
        return decode.read_header(data).plain
    except ValueError:  # `read_image` says what is wrong, and of which file
        return False


def _size(data):
    header = decode.read_header(data)
    return header.height, header.width


def _density(png, size):
    heat = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE) if png else None
    if heat is None:
        raise ValueError(f"The server's answer is not a PNG. Received: {png[:20]!r}")
    if heat.shape != size:
        raise ValueError(
            f"The server's map must have the photo's size. Received: {heat.shape} for {size}"
        )
    if not heat.any():
        raise ValueError(f"The server's map must have a peak. Received: 0 in all of {heat.shape}")
    return (heat / heat.sum(dtype=np.float64)).astype(np.float32)
