"""The presets' costs, counted, beside their scores: the rows of the README's table."""

from salnet_tf.models import presets as presets_lib
from salnet_tf.models import salnet
from salnet_tf.profiling import counting


def presets(image_size, scores):
    """One dict per preset: `name`, `parameters` (batch norm folded), `gmac`, and its scores.

    Args:
        image_size: (height, width) the MACs are counted at.
        scores: preset -> metric -> number; presets without any keep empty cells.
    """
    rows = []
    for name in presets_lib.PRESETS:
        model = salnet.build_salnet(name, image_size, batch_norm=False)
        parameters, macs = counting.total(counting.layer_costs(model))
        rows.append(
            {"name": name, "parameters": parameters, "gmac": macs / 1e9, **scores.get(name, {})}
        )
    return rows
