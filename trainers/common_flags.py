"""Flags that several entry points share; each declares its own, so that its --help shows them."""

from absl import flags

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
MODEL_CHANGES = flags.DEFINE_list(
    "model_changes",
    [],
    "The preset changed, NAME=NUMBER: prior_gaussians, smoothing; kernel_size, dilation in every "
    "module; context=0, upsample=0, skip=0; expanded=N/N/... has the expanded channels of each of "
    "the thirteen (`python -m trainers.layout` finds them).",
)


def image_size(text, default=presets.IMAGE_SIZE):
    """`240x320` -> (240, 320); an empty text is the default.

    Raises:
        ValueError: the text is not HEIGHTxWIDTH.
    """
    if not text:
        return default
    sides = text.lower().split("x")
    if len(sides) != 2 or not all(side.isdecimal() and int(side) for side in sides):
        raise ValueError(f"image_size must be HEIGHTxWIDTH in pixels. Received: {text!r}")
    return int(sides[0]), int(sides[1])


def record_flags(folder):
    """Leave flags.txt in a `RunFolder`, so that `--flagfile=WORKDIR/flags.txt` replays the run."""
    from salnet_tf.training import run_folder

    lines = [flag.serialize() for flag in flags.FLAGS.get_key_flags_for_module("__main__")]
    text = "\n".join(line for line in lines if line) + "\n"
    run_folder.write_text(folder.join("flags.txt"), text)
