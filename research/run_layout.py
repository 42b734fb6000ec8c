"""Find where to narrow a network: `python -m trainers.layout --model=salnet_large --gmac=0.15 ...`.

Prints the change that `python -m trainers.trim` and `python -m trainers.train` take with
`--model_changes`.
"""

from absl import flags

from salnet_tf import command_line
from trainers import common_flags

_MODEL = flags.DEFINE_string("model", None, "A .keras file, a workdir or a preset: the wide one.")
_PHOTOS = flags.DEFINE_string("photos", None, "A folder of photos; up to 240 of them are used.")
_GMAC = flags.DEFINE_float("gmac", None, "The budget: 1e9 multiply-adds for one image.")

flags.mark_flags_as_required(["model", "photos", "gmac"])
flags.declare_key_flag("image_size")


def main(_):
    from research import layout
    from salnet_tf.models import ablation

    counts, macs, lost = layout.find(
        _MODEL.value,
        _PHOTOS.value,
        1e9 * _GMAC.value,
        common_flags.image_size(common_flags.IMAGE_SIZE.value, None),
    )
    print(f"--model_changes={ablation.expanded_change(counts)}")
    print(f"{macs / 1e9:.3f} GMAC; before training its densities are {lost:.3f} nats off (KL)")


if __name__ == "__main__":
    command_line.run(main)
