"""Timing in turns: each model in a process of its own, all of them in every round.

One run gives ratios that hold: whatever slows the machine down slows all models alike. A worker
prints one line of json when its model is ready and one per line it reads: a number of runs in,
seconds of each of them out. Idle in between, so that workers take turns on the same cores.
`python -m salnet_tf.profiling.latency PATH THREADS` is the worker of a LiteRT file.
"""

import contextlib
import gc
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
from ai_edge_litert import interpreter as litert

from salnet_tf.profiling import memory


def in_turns(workers, rounds=10, seconds_per_turn=0.5):
    """Run workers in turns.

    Args:
        workers: name -> (module, arguments): a module whose main calls `serve_runs`.
        rounds: number of turns of each worker.
        seconds_per_turn: about how long a turn takes (at least one run).

    Returns:
        name -> the worker's facts (`growth` in bytes), and `seconds` of all its runs.

    Raises:
        ValueError: a worker failed; the message is what it said last.
    """
    with contextlib.ExitStack() as stack:
        running = {name: stack.enter_context(_Worker(*w)) for name, w in workers.items()}
        results = {name: worker.ready() for name, worker in running.items()}
        pace = {name: np.mean(worker.run(2)["seconds"]) for name, worker in running.items()}
        seconds = {name: [] for name in running}
        for _ in range(rounds):
            for name, worker in running.items():
                answer = worker.run(max(1, round(seconds_per_turn / pace[name])))
                seconds[name] += answer.pop("seconds")
                results[name] = answer
    return {name: {**results[name], "seconds": seconds[name]} for name in workers}


def of_litert(paths, threads, rounds=10):
    """`in_turns` of LiteRT files, name -> path."""
    workers = {name: ("salnet_tf.profiling.latency", path, threads) for name, path in paths.items()}
    return in_turns(workers, rounds)


def percentiles(seconds):
    """Milliseconds: smallest, median, 90th and 99th percentile."""
    values = np.percentile(1e3 * np.asarray(seconds), [0, 50, 90, 99])
    return dict(zip(("min", "p50", "p90", "p99"), values.tolist(), strict=True))


def serve_runs(prepare):
    """Be a worker: prepare a model, run it as often as each line of stdin says.

    Args:
        prepare: returns a function that runs the model once, and bytes of memory that are not the
            model's; what is resident beyond what was before it is called is `growth`.
    """
    gc.collect()
    memory.forget_peak()
    before = memory.resident()
    run, other = prepare()

    def answer(**facts):
        print(json.dumps({**facts, "growth": memory.peak() - before - other}), flush=True)

    answer()
    for line in sys.stdin:
        seconds = []
        for _ in range(int(line)):
            started = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - started)
        answer(seconds=seconds)


class _Worker:
    def __init__(self, module, *arguments):
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed in __exit__)
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._stderr.close()

    def ready(self):
        """Wait for the model to be loaded; the worker's facts."""
        line = self._process.stdout.readline()
        if not line:
            self._stderr.seek(0)
            said = self._stderr.read().strip().splitlines() or ["nothing"]
            raise ValueError(f"A worker of the profile ended early. Received: {said[-1]}")
        return json.loads(line)

    def run(self, count):
        """Run the model `count` times."""
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        return self.ready()


def _litert(path, threads):
    interpreter = litert.Interpreter(path, num_threads=int(threads))
    interpreter.allocate_tensors()
    details = interpreter.get_input_details()[0]
    image = np.zeros(details["shape"], details["dtype"])
    interpreter.set_tensor(details["index"], image)
    interpreter.invoke()
    return interpreter.invoke, image.nbytes


if __name__ == "__main__":
    serve_runs(lambda: _litert(*sys.argv[1:]))
