"""Load a server: p50, p99 and requests per second at several numbers of clients.

python deploy/load_test.py --url=http://127.0.0.1:8501 --photos=FOLDER [--saved_model=DIR]
"""

import sys
import time
from concurrent import futures

import numpy as np
from absl import app, flags

from salnet_tf import quiet
from salnet_tf.images import listing
from salnet_tf.serving import client

_URL = flags.DEFINE_string("url", "http://127.0.0.1:8501", "Of the server, REST or gRPC.")
_MODEL = flags.DEFINE_string("model", "salnet", "Name under which the server knows the model.")
_PHOTOS = flags.DEFINE_string("photos", None, "A folder or glob of photos to send.", required=True)
_CLIENTS = flags.DEFINE_list("clients", ["1", "4", "16"], "Numbers of clients.")
_SECONDS = flags.DEFINE_float("seconds", 10.0, "Duration at each number.", 1.0)
_SAVED_MODEL = flags.DEFINE_string(
    "saved_model", "", "Also time the bare SavedModel in this process (needs TensorFlow)."
)


def measure(call, payloads, clients, seconds):
    """Milliseconds of each answered request, and the wall time, with `clients` callers at once."""
    ends = time.monotonic() + seconds

    def caller(number):
        taken, i = [], number
        while time.monotonic() < ends:
            started = time.perf_counter()
            call(payloads[i % len(payloads)])
            taken.append(1e3 * (time.perf_counter() - started))
            i += clients
        return taken

    started = time.perf_counter()
    with futures.ThreadPoolExecutor(clients) as pool:
        taken = [one for batch in pool.map(caller, range(clients)) for one in batch]
    return np.array(taken), time.perf_counter() - started


def main(_):
    try:
        load()
    except (ValueError, OSError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def load():
    """Load the server as the flags say and print the table."""
    payloads = [client.encode(path) for path in listing.list_photos(_PHOTOS.value).photos[:64]]
    transport = client.Client(_URL.value, _MODEL.value, deadline=120).transport

    def ask(data):
        transport.call(client.SIGNATURE, client.INPUT, [data], client.OUTPUT)

    ask(payloads[0])
    rows = [
        (f"{n} client{'s' * (n != '1')}", *measure(ask, payloads, int(n), _SECONDS.value))
        for n in _CLIENTS.value
    ]
    if _SAVED_MODEL.value:
        with quiet.silent_stderr():  # its start-up log
            import tensorflow as tf
        model = tf.saved_model.load(_SAVED_MODEL.value)

        def bare(data):
            model.signatures["serving_default"](image_bytes=tf.constant([data]))

        bare(payloads[0])
        rows.append(("no server", *measure(bare, payloads, 1, _SECONDS.value)))
    print("| | p50 ms | p99 ms | requests/s |\n|---|---|---|---|")
    for name, taken, wall in rows:
        p50, p99 = np.percentile(taken, [50, 99])
        print(f"| {name} | {p50:.1f} | {p99:.1f} | {len(taken) / wall:.1f} |")


if __name__ == "__main__":
    app.run(main)
