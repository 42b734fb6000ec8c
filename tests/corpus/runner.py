"""Runs cases, each in a process forked from this one, which has imported what takes long.

The parent never runs an operation of TensorFlow or OpenCV, so that a fork of it is as good as a
fresh process.
"""

import contextlib
import dataclasses
import io
import os
import pathlib
import re
import resource
import runpy
import shutil
import signal
import sys
import tempfile
import time
import traceback

from tests.corpus import case as case_lib

MOST_MEMORY = 1e9  # bytes that a case may take
_KILLED_AT = 2.5e9
_IDLE_SECONDS, _CPU_SECONDS = 20, 120
_LEFT_OVER = re.compile(r"\.partial|\.building|\.incomplete")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a case: `fault` is "" where all is well."""

    case: object
    code: int
    memory: int
    said: str
    fault: str

    @property
    def refused(self):
        return self.code != 0


def warm_up(tensorflow):
    """Import what the commands import, so that each does not do so again."""
    import cv2  # noqa: F401
    from ai_edge_litert import interpreter  # noqa: F401

    from salnet_tf.serving import photos, predictor  # noqa: F401
    from salnet_tf.serving.engines import litert  # noqa: F401

    if tensorflow:
        from salnet_tf import command_line

        command_line.import_tensorflow()
        import keras  # noqa: F401

        from salnet_tf.evaluation import evaluate  # noqa: F401


def run(case):
    """The `Outcome` of one case, in a folder of its own."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="corpus_"))
    try:
        ready = _forked(lambda: _call(lambda: case.prepare(folder)), folder / "prepare.log")
        if ready.code:
            return Outcome(case, ready.code, 0, ready.said, "the input cannot be made")
        done = _forked(lambda: _command(case), folder / "said.log", case, folder)
        fault = done.fault or _fault(case, done, folder)
        if not fault and done.code == 0:
            checked = _forked(lambda: _call(lambda: case.check(folder)), folder / "check.log")
            fault = f"wrong: {checked.said.strip().splitlines()[-1]}" if checked.code else ""
        return Outcome(case, done.code, done.memory, done.said, fault)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fault(case, done, folder):
    """What is wrong with how a command ended, "" if nothing."""
    left = [path.name for path in folder.rglob("*") if _LEFT_OVER.search(path.name)]
    lines = [line for line in done.said.splitlines() if line.strip()]
    if "Traceback (most recent call last)" in done.said:
        return f"traceback: {lines[-1][:200]}"
    if done.memory > MOST_MEMORY:
        return f"{done.memory / 1e9:.1f} GB"
    if left:
        return f"left behind: {', '.join(left)}"
    if done.code and case.expected == case_lib.RIGHT:
        return f"refused: {' '.join(lines)[:200]}"
    if not done.code and case.expected == case_lib.REFUSED:
        return "not refused"
    if done.code and 2 not in case.closed:
        if not lines or len(lines) > 4:
            return f"{len(lines)} lines instead of a sentence"
        if case.said not in done.said:
            return f"without {case.said!r}: {lines[-1][:200]}"
    return ""


@dataclasses.dataclass(frozen=True)
class _Done:
    code: int
    memory: int
    said: str
    fault: str


def _forked(work, log, case=None, folder=None):
    """`work()` in a process of its own, what it says in a file."""
    source, sink = os.pipe()
    process = os.fork()
    if not process:
        try:
            os.setsid()
            os.write(sink, b"%d" % _resident(os.getpid()))
            os.close(source)
            os.close(sink)
            _streams(log, case)
            if folder:
                os.chdir(folder)
            code = work()
        except BaseException:
            traceback.print_exc()
            code = 1
        os._exit(code)
    before = int(os.read(source, 99))
    os.close(source)
    os.close(sink)
    fault = _watch(process, before)
    _, status, used = os.wait4(process, 0)
    if not fault and os.WIFSIGNALED(status):
        fault = f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
    said = log.read_text(errors="replace") if log.is_file() else ""
    log.unlink(missing_ok=True)
    memory = max(0, 1024 * used.ru_maxrss - before)
    return _Done(os.waitstatus_to_exitcode(status), memory, said, fault)


def _streams(log, case):
    out = os.open(log.with_suffix(".out"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    err = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    source, sink = os.pipe()
    os.write(sink, (case.stdin if case else b"")[:60000])
    os.close(sink)
    for stream, number in ((source, 0), (out, 1), (err, 2)):
        os.dup2(stream, number)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.FileIO(n, "w", closefd=False), write_through=True) for n in (1, 2)
    )
    for number in case.closed if case else ():
        os.close(number)
        setattr(sys, ("stdin", "stdout", "stderr")[number], None)
    if case and case.file_limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (case.file_limit, case.file_limit))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _command(case):
    if callable(case.command):
        return _call(lambda: case.command(pathlib.Path.cwd()))
    os.environ.update(case.environment)
    program, *arguments = case.command
    sys.argv = [program, *arguments]
    return _call(lambda: _start(program), refusals=())


def _start(program):
    if program == "salnet-predict":
        from salnet_tf.serving import salnet_predict

        salnet_predict.run()
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


def _call(function, refusals=(ValueError, TypeError, OSError)):
    """The exit code of a function that may raise."""
    code = 0
    try:
        function()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except refusals as error:
        print(f"error: {error}", file=sys.stderr)
        code = 2
    except BaseException:
        if sys.stderr:
            traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        if stream:
            stream.flush()
    return code


def _watch(process, before):
    """Wait for a process to end; why it was killed, or ""."""
    since, active = time.monotonic(), _active(process)
    while os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        time.sleep(0.05)
        fault = ""
        if _resident(process) > before + _KILLED_AT:
            fault = f"over {_KILLED_AT / 1e9} GB"
        elif time.monotonic() - since > _IDLE_SECONDS:
            if _active(process) - active < 0.05 * _IDLE_SECONDS:
                fault = "hangs"
            since, active = time.monotonic(), _active(process)
        if fault:
            os.killpg(process, signal.SIGKILL)
            os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
            return fault
    return ""


def _resident(process):
    try:
        with open(f"/proc/{process}/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def _active(process):
    """Seconds that the threads of a process and of its children ran, or waited for a processor."""
    seconds = 0.0
    for task in pathlib.Path(f"/proc/{process}/task").glob("*"):
        with contextlib.suppress(OSError):
            run, waited, _ = (task / "schedstat").read_text().split()
            seconds += (int(run) + int(waited)) / 1e9
            children = (task / "children").read_text().split()
            seconds += sum(map(_active, children))
    return seconds
