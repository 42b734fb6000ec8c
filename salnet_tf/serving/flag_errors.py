"""absl's flags, a wrong one told as any other bad input."""

import sys

from absl import flags


def parse(argv):
    """For `app.run(main, flags_parser=parse)`: a wrong flag ends in one line and exit code 2."""
    try:
        return flags.FLAGS(argv)
    except flags.Error as error:
        sentence = " ".join(str(error).split()).rstrip(" .")
        print(f"error: {sentence} (--helpshort lists the flags)", file=sys.stderr)
        sys.exit(2)
