"""A network that starts as a narrower one: function-preserving growth.

As in Net2Net (Chen et al., arXiv:1511.05641), the wide network computes at first what the narrow
one does. Its further channels are not copies but fresh ones that nothing listens to yet: the
weights from them to the narrow network's channels are 0, and learn at once, since they are alive.

`python -m research.growth --model=NARROW --preset=salnet_large --output=START.keras` writes a start
for `python -m research.train --init_from`.
"""

import keras
import numpy as np
from absl import flags

from research import ablation
from salnet_tf import command_line
from salnet_tf.models import salnet
from salnet_tf.training import initialisation, storage


def grow_file(name, preset, path, changes=(), seed=0):
    """Write the start of a wider network at the narrow one's canvas.

    Args:
        name: the narrow network: a preset with shipped weights, a `.keras` file or a workdir.
        preset: of the wide one.
        path: of the `.keras` file to write, over one that is there.
        changes: of the preset, as `ablation.changed` takes them.
        seed: of the fresh channels.

    Raises:
        ValueError: no such network or preset, or one that is not the same but for its channels.
    """
    if not path.endswith(".keras"):
        raise ValueError(f"The network is written to a .keras file. Received: {path!r}")
    narrow = initialisation.load_model(name)
    keras.utils.set_random_seed(seed)
    wide = salnet.SalNet(ablation.of_preset(preset, changes), narrow.image_size)
    if not isinstance(narrow, salnet.SalNet) or not can_grow(narrow, wide):
        raise ValueError(
            f"{preset} must be the same network with more channels. Received: {name!r}"
        )
    grow(narrow, wide)
    storage.save_model(wide, path)


def can_grow(narrow, wide):
    """Whether a `SalNet` is another but for more channels here and there.

    Args:
        narrow, wide: two `SalNet`s.
    """
    layers = [[layer.name for layer in model.layers] for model in (narrow, wide)]
    return (
        layers[0] == layers[1]
        and _without_widths(narrow.config) == _without_widths(wide.config)
        and all(
            np.all(np.array(old.shape) <= new.shape)
            for old, new in zip(narrow.weights, wide.weights, strict=True)
        )
    )


def _without_widths(config):
    kept = {k: v for k, v in config.to_dict().items() if k not in ("stem_filters", "calibrated")}
    modules = [
        {k: v for k, v in module.items() if k not in ("filters", "expanded")}
        for module in kept.pop("modules")
    ]
    return kept, modules


def grow(narrow, wide):
    """Give a network the weights of a narrower one; it computes the same then.

    Args:
        narrow, wide: two `SalNet`s that `can_grow` says yes to; `wide` freshly initialised.
    """
    channels = {}  # layer: where the narrow network's channels are in its output
    for new in wide.layers:
        if isinstance(new, keras.layers.InputLayer):
            channels[new.name] = np.arange(new.output.shape[-1])
            continue
        old = narrow.get_layer(new.name)
        inputs = keras.tree.flatten(new.input)
        before = [channels[tensor._keras_history.operation.name] for tensor in inputs]
        if isinstance(new, keras.layers.Concatenate):
            starts = np.cumsum([0, *(tensor.shape[-1] for tensor in inputs[:-1])])
            placed = [start + some for start, some in zip(starts, before, strict=True)]
            channels[new.name] = np.concatenate(placed)
            continue
        dense = isinstance(new, keras.layers.Conv2D)
        after = channels[new.name] = np.arange(old.filters) if dense else before[0]
        weights = zip(old.get_weights(), new.get_weights(), strict=True)
        new.set_weights([_grown(o, n, before[0] if dense else None, after) for o, n in weights])


def _grown(old, new, before, after):
    """A weight of the wide layer.

    Args:
        old, new: the narrow and the wide layer's.
        before: the narrow layer's input channels in the wide one; None where it mixes none.
        after: its output channels.
    """
    if old.ndim == 4 and before is not None:
        new[..., after] = 0
        new[:, :, before[:, None], after] = old
    elif old.ndim == 4:  # depthwise
        new[:, :, after] = old
    elif old.shape == new.shape:
        new[...] = old
    else:
        new[after] = old
    return new


def define_flags():
    """Define this command's flags."""
    flags.DEFINE_string("model", None, "A .keras file, a workdir or a preset: the narrow one.")
    flags.DEFINE_string("preset", None, "What it becomes: the same network but for more channels.")
    flags.DEFINE_list("model_changes", [], ablation.HELP)
    flags.DEFINE_string("output", None, "The .keras file to write.")
    flags.DEFINE_integer("seed", 0, "Of the fresh channels.", 0, 2**31 - 1)
    flags.mark_flags_as_required(["model", "preset", "output"])


def main(_):
    chosen = flags.FLAGS
    changes = tuple(chosen.model_changes)
    grow_file(chosen.model, chosen.preset, chosen.output, changes, chosen.seed)
    print(f"{chosen.output}: {chosen.model} as a {chosen.preset}")


if __name__ == "__main__":
    define_flags()
    command_line.run(main)
