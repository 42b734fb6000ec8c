"""Abuse a server that this machine runs: good requests, each to be right, among bad ones.

python deploy/abuse_test.py --url=http://127.0.0.1:8501 --pid=PID [--requests=2000] [--clients=8]

Bad requests are malformed, oversized, image bombs, slow and aborted ones. Printed are the good
ones that were right, the answers to the bad ones, and the server's memory from time to time.
"""

import base64
import collections
import contextlib
import http.client
import json
import random
import socket
import struct
import threading
import time
import urllib.parse

import cv2
import numpy as np
from absl import app, flags

from salnet_tf.serving import client

_URL = flags.DEFINE_string("url", "http://127.0.0.1:8501", "Of the server, on this machine.")
_MODEL = flags.DEFINE_string("model", "salnet", "Name under which the server knows the model.")
_REQUESTS = flags.DEFINE_integer("requests", 2000, "Good requests.", 1, 1_000_000)
_CLIENTS = flags.DEFINE_integer("clients", 8, "Clients at once.", 1, 256)
_PID = flags.DEFINE_integer("pid", None, "Process of the server, to read its memory.", 1)


def photo():
    """A JPEG of a disc on noise."""
    image = np.random.default_rng(0).integers(0, 99, (240, 320, 3)).astype(np.uint8)
    cv2.circle(image, (90, 120), 30, (240, 240, 240), -1)
    return cv2.imencode(".jpg", image)[1].tobytes()


def bomb():
    """The same, whose header says 30000x30000."""
    data = bytearray(photo())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">2H", 30000, 30000)
    return bytes(data)


def body(data, **changes):
    """A request of one photo, as JSON."""
    instances = [{client.INPUT: {"b64": base64.b64encode(data).decode()}}]
    return json.dumps(
        {"signature_name": client.SIGNATURE, "instances": instances} | changes
    ).encode()


class Abuser:
    """Sends one bad request at a time."""

    def __init__(self, url, model):
        parts = urllib.parse.urlsplit(url)
        self.address, self.path = (parts.hostname, parts.port), f"/v1/models/{model}:predict"
        good = body(photo())
        self.bodies = {
            "empty": b"",
            "no JSON": b"{" * 50,
            "nested deeply": b"[" * 100_000,
            "no instances": body(photo(), instances=[]),
            "instances of another kind": body(photo(), instances=3),
            "an unknown signature": body(photo(), signature_name="nobody"),
            "no base64": good.replace(b"/9j/", b"****"),
            "no photo": body(b"text" * 99),
            "half a photo": body(photo()[:500]),
            "a bomb": body(bomb()),
            "a photo of nothing": body(b""),
            "20 MB": body(bytes(20_000_000)),
            "bytes": bytes(range(256)) * 40,
        }
        self.ways = [*self.bodies, "slow", "aborted", "another path", "no HTTP"]

    def send(self, way):
        """The status of the answer, or how the connection ended."""
        try:
            if way in self.bodies:
                return self._post(self.path, self.bodies[way])
            if way == "another path":
                return self._post("/v1/models/nobody:predict", body(photo()))
            return self._raw(way)
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__

    def _post(self, path, data):
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        with contextlib.closing(connection):
            connection.request("POST", path, data, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            return answer.status

    def _raw(self, way):
        data = body(photo())
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        )
        with socket.create_connection(self.address, timeout=10) as connection:
            if way == "no HTTP":
                connection.sendall(bytes(range(256)))
            elif way == "aborted":
                connection.sendall(head + data[: len(data) // 2])
                return "aborted"
            else:
                for k in range(20):
                    connection.sendall(head[k : k + 1])
                    time.sleep(0.05)
            connection.settimeout(5)
            return "answered" if connection.recv(100) else "closed"


def main(_):
    data, stop, counts = photo(), threading.Event(), collections.Counter()
    with client.Client(_URL.value, _MODEL.value, deadline=120) as one:
        expected = one.transport.call(client.SIGNATURE, client.INPUT, [data], client.OUTPUT)
    answers, lock = collections.defaultdict(collections.Counter), threading.Lock()

    def abuse(seed):
        abuser, rng = Abuser(_URL.value, _MODEL.value), random.Random(seed)
        while not stop.is_set():
            way = rng.choice(abuser.ways)
            status = abuser.send(way)
            with lock:
                answers[way][status] += 1

    def ask(number):
        with client.Client(_URL.value, _MODEL.value, deadline=120) as one:
            for _ in range(number):
                try:
                    got = one.transport.call(client.SIGNATURE, client.INPUT, [data], client.OUTPUT)
                    outcome = "right" if got == expected else "wrong"
                except (ValueError, OSError) as error:
                    outcome = type(error).__name__
                with lock:
                    counts[outcome] += 1

    share = -(-_REQUESTS.value // _CLIENTS.value)
    abusers = [threading.Thread(target=abuse, args=(k,), daemon=True) for k in range(4)]
    clients = [threading.Thread(target=ask, args=(share,)) for _ in range(_CLIENTS.value)]
    memory, started = [resident()], time.monotonic()
    for thread in (*abusers, *clients):
        thread.start()
    while any(thread.is_alive() for thread in clients):
        time.sleep(5)
        memory.append(resident())
    stop.set()
    for thread in abusers:
        thread.join(90)
    print(f"good: {dict(counts)} in {time.monotonic() - started:.0f} s")
    for way, statuses in sorted(answers.items()):
        print(f"{way}: {dict(statuses)}")
    if _PID.value:
        print(f"server MB: {' '.join(f'{each / 1e6:.0f}' for each in memory)}")
    with client.Client(_URL.value, _MODEL.value, deadline=120) as one:
        alive = (
            one.transport.call(client.SIGNATURE, client.INPUT, [data], client.OUTPUT) == expected
        )
    print(f"alive and right at the end: {alive}")
    return 0 if alive and set(counts) == {"right"} else 1


def resident():
    """Bytes resident of the server."""
    if not _PID.value:
        return 0
    with open(f"/proc/{_PID.value}/statm") as file:
        return int(file.read().split()[1]) * 4096


if __name__ == "__main__":
    app.run(main)
