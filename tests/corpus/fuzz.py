"""Fuzzing of decoder, table reader and model loaders: `make fuzz`.

`python -m tests.corpus.fuzz [MINUTES [SEED]]`. Good inputs are changed by a few edits; what comes
of them is a result or a ValueError or OSError. Each round of a target is a process of its own, so
that a crash is told too; the input of a round that fails is kept in the folder `runs/fuzz`.
"""

import io
import os
import pathlib
import sys
import tempfile
import time
import traceback

import hypothesis
from hypothesis import strategies as st

from tests.corpus import models, photos, runner, tables

FOUND = pathlib.Path("runs") / "fuzz"
_EXAMPLES = 100  # of a round

_PLACES = st.floats(0, 1, exclude_max=True)
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("flip"), _PLACES, st.integers(0, 7)),
        st.tuples(st.just("set"), _PLACES, st.binary(min_size=1, max_size=8)),
        st.tuples(st.just("insert"), _PLACES, st.binary(min_size=1, max_size=64)),
        st.tuples(st.just("remove"), _PLACES, st.integers(1, 64)),
        st.tuples(st.just("repeat"), _PLACES, st.integers(1, 256)),
        st.tuples(st.just("cut"), _PLACES, st.just(0)),
    ),
    min_size=1,
    max_size=8,
)


def edited(data, edits):
    """Bytes after some `EDITS`."""
    data = bytearray(data)
    for kind, place, what in edits:
        at = int(place * len(data))
        if kind == "cut":
            del data[at:]
        elif kind == "insert":
            data[at:at] = what
        elif kind == "remove":
            del data[at : at + what]
        elif kind == "repeat":
            data[at:at] = data[at : at + what]
        elif kind == "set":
            data[at : at + len(what)] = what
        elif data:
            data[at] ^= 1 << what
    return bytes(data)


def decoder(data, _):
    """A photo."""
    from salnet_tf.images import decode

    decode.decode_photo(data)


def table(data, folder):
    """A table of fixations."""
    from salnet_tf.fixations import reading
    from salnet_tf.fixations import table as table_lib

    (folder / "fixations.csv").write_bytes(data)
    found = table_lib.read(folder, reading.Reading())
    found.match({f"{k}.png": folder / f"{k}.png" for k in range(3)})


def litert(data, folder):
    """A LiteRT file, loaded and run."""
    _predict(data, folder / "model.tflite")


def keras(data, folder):
    """A Keras file, loaded and run."""
    _predict(data, folder / "model.keras")


def _predict(data, path):
    from salnet_tf.serving import predictor

    path.write_bytes(data)
    predictor.load(str(path)).predict(photos.drawn())


# Target -> (good inputs, whether it needs TensorFlow).
TARGETS = {
    decoder: (lambda: [photos.encoded(ending) for ending in photos.FORMATS], False),
    table: (lambda: [tables.WHOLE.encode(), tables.WHOLE.encode("utf-16")], False),
    litert: (lambda: [models.SHIPPED.read_bytes()], False),
    keras: (lambda: [models.tiny().read_bytes()], True),
}


def main(minutes=4.0, seed=0):
    """Fuzz each target for a share of the time; the exit code."""
    failed = 0
    for target, (good, tensorflow) in TARGETS.items():
        runner.warm_up(tensorflow)
        inputs, ends = _in_a_fork(good), time.monotonic() + 60 * float(minutes) / len(TARGETS)
        rounds, faults = 0, []
        while time.monotonic() < ends:
            fault = _round(target, inputs, int(seed) + rounds)
            faults += [fault] if fault else []
            rounds += 1
        print(f"{target.__name__:8s} {rounds * _EXAMPLES:6d} inputs, {len(faults)} rounds failed")
        for fault in faults:
            print(f"  {fault}")
        failed += len(faults)
    return 1 if failed else 0


def _in_a_fork(good):
    """Good inputs, made where TensorFlow and OpenCV may run."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fuzz_"))
    process = os.fork()
    if not process:
        for k, data in enumerate(good()):
            (folder / str(k)).write_bytes(data)
        os._exit(0)
    os.waitpid(process, 0)
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def _round(target, inputs, seed):
    """A sentence where one of a round's inputs did what it must not; "" otherwise."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fuzz_"))
    process = os.fork()
    if not process:
        os.dup2(os.open(folder / "said", os.O_WRONLY | os.O_CREAT), 2)
        try:
            _try(target, inputs, seed, folder)
        except BaseException as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error} ({last.filename}:{last.lineno})"
            (folder / "fault").write_text(" ".join(text.split())[:300])
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if not code:
        return ""
    FOUND.mkdir(parents=True, exist_ok=True)
    kept = FOUND / f"{target.__name__}_{seed}"
    kept.write_bytes((folder / "input").read_bytes())
    fault = folder / "fault"
    return f"{fault.read_text() if fault.is_file() else f'signal {-code}'}; input {kept}"


def _try(target, inputs, seed, folder):
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=_EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        report_multiple_bugs=False,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    )
    @hypothesis.given(st.sampled_from(inputs), EDITS)
    def attempt(good, edits):
        data = edited(good, edits)
        (folder / "input").write_bytes(data)
        try:
            target(data, folder)
        except (ValueError, OSError) as error:
            assert str(error) and "\n" not in str(error).strip(), repr(error)

    sys.stdout = io.StringIO()
    attempt()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
