"""A network that starts as a wider one: the least needed expanded channels go, the rest take over.

The channels of a module go one by one, each time the one whose part in the module's output the
others can best play (the saliency of optimal brain surgeon, Hassibi and Stork 1993, exact here: a
projection is linear). The projection is then fitted by least squares to what the wide module gave,
on photos, from what the modules before, trimmed already, make of them. Training has to follow.

`python -m research.trim --model=RUN --preset=salnet --photos=DIR --output=START.keras` writes a
start for `python -m research.train --init_from`; it is not good before it is trained.
"""

import keras
import numpy as np
from absl import flags

from research import ablation, growth
from salnet_tf import command_line
from salnet_tf.images import decode, geometry, listing
from salnet_tf.models import presets, salnet
from salnet_tf.training import initialisation, storage

_PHOTOS = 240
_ROWS = 100_000  # cells, of all photos, that a projection is fitted to
_RIDGE = 1e-4  # of the mean variance


def trim_file(name, preset, photos, path, changes=()):
    """Write the start of a narrower network at its preset's input size.

    Args:
        name: the wide network: a preset with shipped weights, a `.keras` file or a workdir.
        preset: of the narrow one.
        photos: a folder of them; up to `_PHOTOS`, evenly spread, are used.
        path: of the `.keras` file to write, over one that is there.
        changes: of the preset, as `ablation.changed` takes them.

    Returns:
        What `trim` returns.

    Raises:
        ValueError: no such network, preset, change or photos, or one of other modules.
    """
    if not path.endswith(".keras"):
        raise ValueError(f"The network is written to a .keras file. Received: {path!r}")
    size = presets.preset(preset).image_size
    narrow = salnet.SalNet(ablation.of_preset(preset, changes), size)
    wide = initialisation.load_model(name)
    if not isinstance(wide, salnet.SalNet) or not can_trim(wide, narrow):
        raise ValueError(
            f"{preset} must be the same network with fewer expanded channels. Received: {name!r}"
        )
    kept = trim(wide.with_image_size(size), narrow, read_canvases(photos, size))
    storage.save_model(narrow, path)
    return kept


def read_canvases(photos, image_size):
    """Up to `_PHOTOS` photos of a folder, evenly spread: `[n, height, width, 3]` float32 0..255.

    Raises:
        ValueError: there are none.
    """
    reads = list(storage.photos(photos).values())
    images = (decode.decode_photo(read()) for read in listing.spread(reads, _PHOTOS))
    return np.stack([geometry.image_to_canvas(image, image_size)[0] for image in images])


def in_batches(model, canvases):
    """What a model gives of canvases, numpy; not traced, which costs more than it saves here."""
    batches = np.array_split(canvases, -(-len(canvases) // 16))
    return np.concatenate([np.asarray(model(batch, training=False)) for batch in batches])


def can_trim(wide, narrow):
    """Whether a `SalNet` is another but for fewer expanded channels here and there.

    Args:
        wide, narrow: two `SalNet`s.
    """
    filters = [[module.filters for module in m.config.modules] for m in (wide, narrow)]
    return filters[0] == filters[1] and growth.can_grow(narrow, wide)


def trim(wide, narrow, canvases):
    """Give a network what it can hold of a wider one.

    Args:
        wide, narrow: two `SalNet`s that `can_trim` says yes to, of one input size.
        canvases: `[n, height, width, 3]` float32 RGB 0..255; a hundred photos or more.

    Returns:
        {number of a module that lost channels: share of its output's variance that is kept}.
    """
    for layer in narrow.layers:
        weights = wide.get_layer(layer.name).get_weights()
        if [w.shape for w in weights] == [w.shape for w in layer.get_weights()]:
            layer.set_weights(weights)
    kept = {}
    for number, module in enumerate(narrow.config.modules, 1):
        if module.expanded < wide.config.modules[number - 1].expanded:
            kept[number] = _trim_module(wide, narrow, f"module{number}", module, canvases)
    return kept


def _trim_module(wide, narrow, name, module, canvases):
    hidden, output = f"{name}_depthwise_act", f"{name}_project_bn"
    goal = _outputs(wide, output, canvases)
    channels = _most_needed(_outputs(wide, hidden, canvases), goal, module.expanded)

    def take(part, *axes):
        """The chosen channels of a layer's weights, each along its own axis."""
        weights = wide.get_layer(f"{name}_{part}").get_weights()
        axes = axes or [-1] * len(weights)
        narrow.get_layer(f"{name}_{part}").set_weights(
            [w if a is None else w.take(channels, a) for w, a in zip(weights, axes, strict=True)]
        )

    for part in ("expand_conv", "expand_bn", "depthwise_bn"):
        take(part)
    take("depthwise_conv", 2)
    if module.context:
        take("context_squeeze", 2, None)
        take("context_expand")
    inputs = _outputs(narrow, hidden, canvases)
    kernel, bias = _least_squares(inputs, goal)
    narrow.get_layer(f"{name}_project_conv").set_weights([kernel[None, None]])
    mean, variance = (inputs @ kernel).mean(0), (inputs @ kernel).var(0)
    norm = narrow.get_layer(output)
    norm.set_weights([np.sqrt(variance + norm.epsilon), mean + bias, mean, variance])
    error = np.square(inputs @ kernel + bias - goal).sum()
    return 1 - error / np.square(goal - goal.mean(0)).sum()


def _outputs(model, layer, canvases):
    """What a layer gives at some cells, the same ones in every network: `[cells, channels]`."""
    found = in_batches(keras.Model(model.input, model.get_layer(layer).output), canvases)
    found = found.reshape(-1, found.shape[-1])
    return found[np.random.default_rng(0).permutation(len(found))[:_ROWS]]


def _moments(inputs, goal):
    """Covariance of the inputs, with a ridge, and theirs with the goal, float64."""
    inputs, goal = inputs - inputs.mean(0), goal - goal.mean(0)
    covariance = (inputs.T @ inputs).astype(np.float64) / len(inputs)
    covariance += np.eye(len(covariance)) * _RIDGE * np.trace(covariance) / len(covariance)
    return covariance, (inputs.T @ goal).astype(np.float64) / len(inputs)


def _most_needed(inputs, goal, count):
    """The channels of `inputs`, `count` of them, from which `goal` is best told."""
    covariance, shared = _moments(inputs, goal)
    kept = np.arange(len(covariance))
    while len(kept) > count:
        inverse = np.linalg.inv(covariance[np.ix_(kept, kept)])
        cost = np.square(inverse @ shared[kept]).sum(1) / np.diag(inverse)
        kept = np.delete(kept, cost.argmin())
    return kept


def _least_squares(inputs, goal):
    covariance, shared = _moments(inputs, goal)
    kernel = np.linalg.solve(covariance, shared).astype(np.float32)
    return kernel, goal.mean(0) - inputs.mean(0) @ kernel


def define_flags():
    """Define this command's flags."""
    flags.DEFINE_string("model", None, "A .keras file, a workdir or a preset: the wide one.")
    flags.DEFINE_string(
        "preset", None, "What it becomes: the same network but for fewer expanded channels."
    )
    flags.DEFINE_list("model_changes", [], ablation.HELP)
    flags.DEFINE_string("photos", None, "A folder of photos; up to 240 of them are used.")
    flags.DEFINE_string("output", None, "The .keras file to write.")
    flags.mark_flags_as_required(["model", "preset", "photos", "output"])


def main(_):
    chosen = flags.FLAGS
    changes = tuple(chosen.model_changes)
    kept = trim_file(chosen.model, chosen.preset, chosen.photos, chosen.output, changes)
    for number, share in kept.items():
        print(f"module {number}: {share:.1%} of its output's variance kept")


if __name__ == "__main__":
    define_flags()
    command_line.run(main)
