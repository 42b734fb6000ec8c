"""One network of several runs that started from the same weights: the mean of their weights.

A model soup (Wortsman et al., arXiv:2203.05482) scores about as their ensemble and costs what
one of them costs. Runs from different random weights do not mix: their channels mean other things.

`python -m research.soup --model=RUN,RUN --output=FILE.keras` writes it.
"""

import numpy as np
from absl import flags

from salnet_tf import command_line
from salnet_tf.training import initialisation, storage

# A run on from shipped weights has .99 with them (80,000 images), two seeds 0, `salnet` and
# `salnet_distilled`, which began with the same random numbers, .33; their mean does not work.
_LEAST_LIKENESS = 0.6


def average_file(names, path, sharpness=1.0, centring=1.0):
    """Write the mean of several networks.

    Args:
        names: two or more; presets with shipped weights, `.keras` files or workdirs.
        path: of the `.keras` file to write, over one that is there.
        sharpness: see `sharpen`; with one other than 1, a single network will do.
        centring: see `centre`; the same.

    Returns:
        The `SalNet`.

    Raises:
        ValueError: fewer than two, one that is not there or comes twice, networks of different
            configurations or from different starts, or numbers that are not finite.
    """
    for what, factor in (("sharpness", sharpness), ("centring", centring)):
        if not 0 < factor <= 1000:
            raise ValueError(f"{what} must be above 0 and at most 1000. Received: {factor}")
    if len(names) < 2 and sharpness == centring == 1:
        raise ValueError(f"An average is of two networks or more. Received: {', '.join(names)!r}")
    if len(set(names)) < len(names):
        raise ValueError(f"Each network comes once. Received: {', '.join(names)!r}")
    if not path.endswith(".keras"):
        raise ValueError(f"An average is written to a .keras file. Received: {path!r}")
    models = [initialisation.load_model(name) for name in names]
    shapes = [(getattr(model, "config", None), model.input_shape) for model in models]
    for name, model, shape in zip(names, models, shapes, strict=True):
        if shape[0] is None or shape[0].calibrated:
            raise ValueError(f"An average is of SalNets without calibration. Received: {name!r}")
        if shape != shapes[0]:
            raise ValueError(
                f"An average is of networks of one configuration and size; {names[0]} is another. "
                f"Received: {name!r}"
            )
        if centring != 1 and not model.config.prior_gaussians:
            raise ValueError(f"centring needs a centre prior. Received: {name!r}")
    members = [model.get_weights() for model in models]
    for name, weights in zip(names, members, strict=True):
        likeness = _likeness(members[0], weights)
        if likeness < _LEAST_LIKENESS:
            raise ValueError(
                f"The mean of networks that started from different weights is no network that "
                f"works. Received: {names[0]!r} and {name!r}, kernels that correlate by "
                f"{likeness:.2f}"
            )
    models[0].set_weights([np.mean(each, axis=0) for each in zip(*members, strict=True)])
    sharpen(models[0], sharpness)
    centre(models[0], centring)
    storage.save_model(models[0], path)
    return models[0]


def _likeness(one, other):
    """The cosine between the convolution kernels of two networks, -1..1."""
    a, b = (np.concatenate([w.ravel() for w in ws if w.ndim == 4]) for ws in (one, other))
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def sharpen(model, factor):
    """Multiply a network's logits: above 1, its densities gather at their peaks.

    A student is often a little flatter than people are. The convolution before the prior is
    multiplied, and the prior by `centre`.

    Args:
        model: a `SalNet` without `Calibration`, changed in place.
        factor: above 0.
    """
    reduction = model.get_layer("reduction")
    reduction.set_weights([factor * weight for weight in reduction.get_weights()])
    centre(model, factor)


def centre(model, factor):
    """Multiply the logits of a network's centre prior: above 1, its densities keep to the middle.

    Self-distillation from few photos leaves too little of it. Exact for one Gaussian, nearly so
    for eight. A network without a prior stays as it is.

    Args:
        model: as `sharpen` takes it.
        factor: above 0.
    """
    if model.config.prior_gaussians:
        mean, log_std, log_weight = model.get_layer("centre_prior").get_weights()
        narrowed = log_std - 0.5 * np.log(factor)
        model.get_layer("centre_prior").set_weights([mean, narrowed, factor * log_weight])


def define_flags():
    """Define this command's flags."""
    flags.DEFINE_list(
        "model",
        None,
        "Two or more (one, with --sharpness or --centring): workdirs, .keras files or presets; of "
        "one configuration.",
    )
    flags.DEFINE_string("output", None, "The .keras file to write.")
    flags.DEFINE_float(
        "sharpness", 1.0, "What the logits are multiplied by; chosen on validation splits."
    )
    flags.DEFINE_float(
        "centring", 1.0, "What the centre prior's part of them is multiplied by besides."
    )
    flags.mark_flags_as_required(["model", "output"])


def main(_):
    chosen = flags.FLAGS
    model = average_file(chosen.model, chosen.output, chosen.sharpness, chosen.centring)
    print(f"{chosen.output}: mean of {len(chosen.model)}, {model.count_params()} parameters")


if __name__ == "__main__":
    define_flags()
    command_line.run(main)
