"""Flags that several entry points share; each adopts them, so that its --help shows them."""

from absl import flags

DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of the prepared data sets (`python -m data.build` fills it)."
)
IMAGE_SIZE = flags.DEFINE_string(
    "image_size",
    "240x320",
    "HEIGHTxWIDTH of the canvas in pixels, multiples of the stride: 16, of teachers 32.",
)


def image_size(text):
    """`240x320` -> (240, 320).

    Raises:
        ValueError: the text is not HEIGHTxWIDTH.
    """
    sides = text.lower().split("x")
    if len(sides) != 2 or not all(side.isdigit() and int(side) for side in sides):
        raise ValueError(f"image_size must be HEIGHTxWIDTH in pixels. Received: {text!r}")
    return int(sides[0]), int(sides[1])
