"""How sparse a layer's maps are: `python -m trainers.activations --layers=MODEL:LAYER,...`.

Prints a table and draws the distributions; with a backbone of ImageNet beside a saliency network it
is the comparison that the network's design starts from.
"""

from absl import flags

from salnet_tf import command_line

_LAYERS = flags.DEFINE_list(
    "layers",
    None,
    "MODEL:LAYER, several with commas; MODEL is a preset, a .keras file, a workdir, or a backbone "
    "with its ImageNet weights (efficientnet_lite2).",
)
_PHOTOS = flags.DEFINE_string("photos", None, "A folder of photos; up to 240 of them are used.")
_OUTPUT = flags.DEFINE_string("output", None, "A .png file to draw the distributions into.")

flags.mark_flags_as_required(["layers", "photos"])


def main(_):
    from research.studies import activations
    from salnet_tf.profiling import tables

    spreads = [activations.measure(name, _PHOTOS.value) for name in _LAYERS.value]
    print(tables.markdown([one.row() for one in spreads]), end="")
    if _OUTPUT.value:
        activations.draw(spreads, _OUTPUT.value)


if __name__ == "__main__":
    command_line.run(main)
