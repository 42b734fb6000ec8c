"""A progress bar on a terminal; off it, one line an epoch."""

import sys

import tqdm


class Progress:
    """Shows the steps of a run with rate and time left.

    Args:
        total: steps of the whole run.
        done: steps done before.
        shown: False shows nothing (workers other than the chief).
    """

    def __init__(self, total, done, shown=True):
        self.shown = shown
        self.bar = tqdm.tqdm(
            total=total,
            initial=done,
            unit="step",
            dynamic_ncols=True,
            disable=not shown or not sys.stderr.isatty(),
        )

    def advance(self, steps, loss):
        """Count `steps` done and show the latest loss."""
        self.bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
        self.bar.update(steps)

    def say(self, line):
        """Print a line without breaking the bar."""
        if self.shown:
            self.bar.write(line, file=sys.stdout)
            sys.stdout.flush()

    def close(self):
        """Take the bar away."""
        self.bar.close()
