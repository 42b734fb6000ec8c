"""Tries the corpus: `make test-corpus`, or `python -m tests.corpus [KIND ...]`.

Prints how many inputs of each kind were tried, came out right, were refused in one sentence or
failed, and the most memory that one took; then each that failed. `--tenth` tries every tenth, as
the default tests do.
"""

import importlib
import sys
import time

from tests.corpus import runner

# Kind -> whether its commands need TensorFlow; those that do come last.
KINDS = {
    "photos": False,
    "films": False,
    "arrays": False,
    "file_systems": False,
    "archives": False,
    "flags": True,
    "models": True,
    "tables": True,
    "maps": True,
}
_HEAD = ("", "tried", "right", "refused", "failed", "peak MB", "s")
_WIDTHS = (12, 8, 8, 9, 8, 9, 7)


def cases(kind, tenth=False):
    """The cases of a kind; a tenth of them, those that are slow left out."""
    found = list(importlib.import_module(f"tests.corpus.{kind}").cases())
    return [each for each in found[3::10] if not each.slow] if tenth else found


def main(arguments):
    tenth = "--tenth" in arguments
    kinds = [each for each in arguments if each != "--tenth"] or KINDS
    print("".join(f"{text:>{width}s}" for text, width in zip(_HEAD, _WIDTHS, strict=True)))
    rows = []
    for kind in kinds:
        runner.warm_up(KINDS[kind])
        started = time.monotonic()
        outcomes = [runner.run(case) for case in cases(kind, tenth)]
        bad = [outcome for outcome in outcomes if outcome.fault]
        refused = sum(outcome.refused and not outcome.fault for outcome in outcomes)
        peak = round(max(outcome.memory for outcome in outcomes) / 1e6)
        counts = [len(outcomes), len(outcomes) - len(bad) - refused, refused, len(bad)]
        rows.append([*counts, peak, round(time.monotonic() - started)])
        _print(kind, rows[-1])
        for outcome in bad:
            print(f"  {outcome.case.name}: {outcome.fault}", flush=True)
    *sums, peaks, seconds = zip(*rows, strict=True)
    _print("all", [*map(sum, sums), max(peaks), sum(seconds)])
    return 1 if sum(sums[3]) else 0


def _print(kind, row):
    cells = zip([kind, *map(str, row)], _WIDTHS, strict=True)
    print("".join(f"{text:>{width}s}" for text, width in cells), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
