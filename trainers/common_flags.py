"""Flags that several entry points share; each declares its own, so that its --help shows them."""

from absl import flags

from salnet_tf import options
from salnet_tf.models import presets

DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of the prepared data sets (`python -m data.build` fills it)."
)
IMAGE_SIZE = flags.DEFINE_string(
    "image_size",
    "",
    "HEIGHTxWIDTH of the canvas in pixels, multiples of the stride: 16, of teachers 32; by default "
    "the model's own, but 240x320 where `trainers.profile` or a benchmark measures costs.",
)


def image_size(text, default=presets.IMAGE_SIZE):
    """`240x320` -> (240, 320); an empty text is the default.

    Raises:
        ValueError: the text is not HEIGHTxWIDTH.
    """
    return options.size(text) if text else default
