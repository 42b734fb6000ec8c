"""Timing in turns: each model in a process of its own, all of them in every round.

One run gives ratios that hold: whatever slows the machine down slows all models alike.
"""

import contextlib
import json
import subprocess
import sys
import tempfile

import numpy as np


def take(commands, rounds=10, seconds_per_turn=0.5):
    """Run workers in turns.

    Args:
        commands: name -> arguments of `salnet_tf.profiling.worker`.
        rounds: number of turns of each worker.
        seconds_per_turn: about how long a turn takes (at least one run).

    Returns:
        name -> the worker's facts (`growth` in bytes), and `seconds` of all its runs.

    Raises:
        ValueError: a worker failed; the message is what it said last.
    """
    with contextlib.ExitStack() as stack:
        workers = {name: stack.enter_context(_Worker(*c)) for name, c in commands.items()}
        results = {name: worker.ready() for name, worker in workers.items()}
        pace = {name: np.mean(worker.run(2)["seconds"]) for name, worker in workers.items()}
        seconds = {name: [] for name in workers}
        for _ in range(rounds):
            for name, worker in workers.items():
                answer = worker.run(max(1, round(seconds_per_turn / pace[name])))
                seconds[name] += answer.pop("seconds")
                results[name] = answer
    return {name: {**results[name], "seconds": seconds[name]} for name in commands}


def percentiles(seconds):
    """Milliseconds: smallest, median, 90th and 99th percentile."""
    values = np.percentile(1e3 * np.asarray(seconds), [0, 50, 90, 99])
    return dict(zip(("min", "p50", "p90", "p99"), values.tolist(), strict=True))


class _Worker:
    def __init__(self, *arguments):
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed in __exit__)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "salnet_tf.profiling.worker", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
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
