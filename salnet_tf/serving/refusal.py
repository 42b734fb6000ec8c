"""How a command says no: one line on stderr, exit code 2."""

import sys


def refused(error):
    """Say what is wrong in one line; the exit code."""
    print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
    return 2


def parser(flags):
    """For `app.run(main, flags_parser=...)`: a wrong flag is told as any other bad input.

    Args:
        flags: the module `absl.flags`.
    """

    def parse(argv):
        try:
            return flags.FLAGS(argv)
        except flags.Error as error:
            sys.exit(refused(f"{str(error).rstrip(' .')} (--helpshort lists the flags)"))

    return parse
