"""Draws displays as files to predict on: `python -m data.synthetic.pictures --output_dir=DIR`."""

import pathlib

from absl import app, flags

from data.synthetic import display

_OUTPUT_DIR = flags.DEFINE_string("output_dir", None, "Folder of the pictures; made if absent.")
_COUNT = flags.DEFINE_integer("count", 6, "How many to draw.", 1)
_SEED = flags.DEFINE_integer("seed", 7, "Other seeds, other displays.", 0)
flags.mark_flags_as_required(["output_dir"])


def draw(folder, count, seed):
    """Write `count` PNG files of displays that are in no split of the prepared set.

    Args:
        folder: where to; made if absent.
        count: number of pictures.
        seed: of the drawing.

    Returns:
        List of paths.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"display_{index:02d}.png" for index in range(count)]
    for index, path in enumerate(paths):
        path.write_bytes(display.draw(seed=(seed, 9, index)).png)
    return paths


def main(_):
    paths = draw(_OUTPUT_DIR.value, _COUNT.value, _SEED.value)
    print(f"{len(paths)} displays in {_OUTPUT_DIR.value}")


if __name__ == "__main__":
    app.run(main)
