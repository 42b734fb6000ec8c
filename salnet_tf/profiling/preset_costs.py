"""The presets' costs, counted, beside their scores: the rows of the README's table."""

from salnet_tf.models import presets as presets_lib
from salnet_tf.models import salnet
from salnet_tf.profiling import counting


def presets(scores):
    """One dict per preset: `model`, `parameters` (batch norm folded), `canvas`, `gmac`, its scores.

    `gmac` is counted at the preset's own canvas.

    Args:
        scores: preset -> metric -> number; presets without any keep empty cells.
    """
    rows = []
    for name in presets_lib.PRESETS:
        height, width = presets_lib.image_size(name)
        model = salnet.build_salnet(name, (height, width), batch_norm=False)
        parameters, macs = counting.total(counting.layer_costs(model))
        costs = {"parameters": parameters, "canvas": f"{height}x{width}", "gmac": macs / 1e9}
        rows.append({"model": name, **costs, **scores.get(name, {})})
    return rows
