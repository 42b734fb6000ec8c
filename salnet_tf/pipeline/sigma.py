"""The width of the ground truth's blur, as a flag says it."""

import re


def parse(text):
    """`24px` -> (24.0, "px"), `1deg` -> (1.0, "deg").

    Raises:
        ValueError: another text, or a sigma of 0.
    """
    found = re.fullmatch(r"(\d+\.?\d*|\.\d+)(px|deg)", text)
    if not found or not float(found[1]):
        raise ValueError(f"sigma must be like 24px or 1deg. Received: {text!r}")
    return float(found[1]), found[2]
