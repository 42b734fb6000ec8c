"""Where a network can be narrower: a layout within a budget of multiply-adds, module by module.

Each module is trimmed alone to a few widths (`research.trim`), and what that does to the
density is measured. The channels then go where a multiply-add saved costs least. That the modules'
costs add up is an assumption: it orders layouts, it does not tell their scores.

`python -m research.layout --model=salnet_large --gmac=0.15 --photos=DIR` prints the change that
`research.trim` and `research.train` take with `--model_changes`.
"""

import numpy as np
from absl import flags

from research import ablation, trim
from salnet_tf import command_line, options
from salnet_tf.models import salnet
from salnet_tf.objectives import maps, scores
from salnet_tf.profiling import counting
from salnet_tf.training import initialisation

_SHARES = (0.25, 0.5, 0.75)
_MULTIPLE = 8  # of channels: what convolution kernels are written for


def find(name, photos, macs, image_size=None):
    """The layout within a budget that changes a network's densities least.

    Args:
        name: the wide network: a preset with shipped weights, a `.keras` file or a workdir.
        photos: a folder of them: half trim the modules, half measure what is lost.
        macs: multiply-adds of the whole network for one image.
        image_size: (height, width) of the canvas in pixels; by default the wide network's.

    Returns:
        (the thirteen numbers of expanded channels, their multiply-adds, the estimated loss: KL of
        the densities in nats, before training).

    Raises:
        ValueError: no such network or photos, or a budget below what the narrowest layout needs or
            not below what the network has.
    """
    wide = initialisation.load_model(name)
    if not isinstance(wide, salnet.SalNet):
        raise ValueError(f"Layouts are those of a SalNet. Received: {name!r}")
    wide = wide.with_image_size(image_size or wide.image_size)
    canvases = trim.read_canvases(photos, wide.image_size)
    if len(canvases) < 2:
        raise ValueError(f"A layout takes two photos or more. Received: {photos}")
    # Before the long measuring: does a layout keep the budget, and is it not that of all channels?
    counts, own, _ = within(wide, dict.fromkeys(_candidates(wide), 0.0), macs)
    if counts == tuple(module.expanded for module in wide.config.modules):
        raise ValueError(
            f"The network keeps the budget as it is, with {own / 1e9:.3f} GMAC. "
            f"Received: a budget of {macs / 1e9:.3f}"
        )
    return within(wide, narrowing_costs(wide, canvases), macs)


def narrowing_costs(wide, canvases):
    """What it costs to narrow one module alone.

    Args:
        wide: a `SalNet`.
        canvases: `[n, height, width, 3]` float32 RGB 0..255.

    Returns:
        {(number of a module, expanded channels): mean KL in nats of the density with that module
        trimmed from the density of the whole}.
    """
    fitted, measured = canvases[::2], canvases[1::2]
    wanted = maps.density(trim.in_batches(wide, measured))
    costs = {}
    for number, expanded in _candidates(wide):
        counts = [m.expanded for m in wide.config.modules]
        counts[number - 1] = expanded
        config = ablation.with_expanded(wide.config, counts)
        narrow = salnet.SalNet(config, wide.image_size)
        trim.trim(wide, narrow, fitted)
        logits = trim.in_batches(narrow, measured)
        costs[number, expanded] = float(scores.kld_from_logits(wanted, logits).mean())
    return costs


def _candidates(wide):
    """(number of a module, expanded channels) of all that is measured, in order."""
    return [
        (number, expanded)
        for number, module in enumerate(wide.config.modules, 1)
        for expanded in sorted({_rounded(share * module.expanded) for share in _SHARES})
        if expanded < module.expanded
    ]


def within(wide, costs, macs):
    """The layout within a budget, of what `narrowing_costs` returns; otherwise as `find`."""
    curves = [
        _curve({e: cost for (n, e), cost in costs.items() if n == number}, module.expanded)
        for number, module in enumerate(wide.config.modules, 1)
    ]
    slopes, fixed = _macs_by_channel(wide)

    def total(counts):
        return fixed + sum(slope * count for slope, count in zip(slopes, counts, strict=True))

    counts = [module.expanded for module in wide.config.modules]
    while not total(counts) <= macs:
        steps = []
        for i, curve in enumerate(curves):
            fewer = max((count for count in curve if count < counts[i]), default=None)
            if fewer is not None:
                dearer = curve[fewer] - curve[counts[i]]
                steps.append((dearer / (slopes[i] * (counts[i] - fewer)), i, fewer))
        if not steps:
            raise ValueError(
                f"The narrowest layout has {total(counts) / 1e9:.3f} GMAC. "
                f"Received: a budget of {macs / 1e9:.3f}"
            )
        _, i, fewer = min(steps)
        counts[i] = fewer
    lost = sum(curve[count] for curve, count in zip(curves, counts, strict=True))
    return tuple(counts), total(counts), lost


def _rounded(channels):
    return max(_MULTIPLE, _MULTIPLE * round(channels / _MULTIPLE))


def _curve(costs, full):
    """{expanded channels: cost}; between two that were measured, the root of the cost is linear."""
    known = sorted({**costs, full: 0.0}.items())
    counts, values = zip(*known, strict=True)
    steps = [*range(counts[0], full, _MULTIPLE), full]
    roots = np.interp(steps, counts, np.sqrt(np.maximum(values, 0)))
    return dict(zip(steps, (float(root) ** 2 for root in roots), strict=True))


def _macs_by_channel(model):
    """(Multiply-adds of an expanded channel, by module; those of the rest), for one image."""
    costs = counting.layer_costs(model)
    whole = counting.total(costs)[1]
    modules = []
    for number in range(1, 1 + len(model.config.modules)):
        own = [cost for cost in costs if cost.name.startswith(f"module{number}_")]
        modules.append(counting.total(own)[1])
    slopes = [
        macs / module.expanded for macs, module in zip(modules, model.config.modules, strict=True)
    ]
    return slopes, whole - sum(modules)


def define_flags():
    """Define this command's flags."""
    flags.DEFINE_string("model", None, "A .keras file, a workdir or a preset: the wide one.")
    flags.DEFINE_string("photos", None, "A folder of photos; up to 240 of them are used.")
    flags.DEFINE_float("gmac", None, "The budget: 1e9 multiply-adds for one image.")
    flags.DEFINE_string("image_size", "", "HEIGHTxWIDTH of the canvas; by default the model's.")
    flags.mark_flags_as_required(["model", "photos", "gmac"])


def main(_):
    chosen = flags.FLAGS
    size = options.size(chosen.image_size) if chosen.image_size else None
    counts, macs, lost = find(chosen.model, chosen.photos, 1e9 * chosen.gmac, size)
    print(f"--model_changes={ablation.expanded_change(counts)}")
    print(f"{macs / 1e9:.3f} GMAC; before training its densities are {lost:.3f} nats off (KL)")


if __name__ == "__main__":
    define_flags()
    command_line.run(main)
