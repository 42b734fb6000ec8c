"""One bad or odd input, the command that gets it, and what may come of it."""

import dataclasses
import pathlib
from collections.abc import Callable

RIGHT, REFUSED, EITHER = "right", "refused", "right or refused"


@dataclasses.dataclass(frozen=True)
class Case:
    """What is tried.

    Args:
        kind: such as "photos".
        name: unique among its kind.
        command: `salnet-predict` or a module, and its arguments; or a function of the folder that
            raises ValueError, TypeError or OSError for what it refuses.
        expected: `RIGHT`, `REFUSED` (one sentence and an exit code that is not 0) or, where no
            program can tell damage from what was meant, `EITHER`.
        prepare: function that writes the input into a folder, which the command runs in.
        check: function of that folder that raises if a result is not right.
        said: a part of the sentence, such as the input's name.
        stdin: bytes on standard input.
        closed: numbers of the streams that are closed.
        file_limit: bytes that a file may have, as on a disk that is full then.
        environment: pairs of variables and their values.
        slow: True leaves the case out of the default suite's tenth.
    """

    kind: str
    name: str
    command: tuple | Callable
    expected: str = REFUSED
    prepare: Callable = lambda folder: None
    check: Callable = lambda folder: None
    said: str = ""
    stdin: bytes = b""
    closed: tuple = ()
    file_limit: int = 0
    environment: tuple = ()
    slow: bool = False


def writes(**files):
    """A `prepare` that writes files, name -> bytes or text; a name may have folders."""

    def prepare(folder):
        for name, content in files.items():
            write(folder / name, content)

    return prepare


def write(path, content):
    """Write bytes or text, the folders too."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
