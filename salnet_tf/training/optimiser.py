"""The optimiser of a run: AdamW, its schedule, and the moving average of the weights."""

import contextlib

import keras

# The average spans at most this part of a run: else a short one still holds its random start.
_AVERAGED = 0.1

# Weight decay draws a weight to 0; these have a natural place that is not 0.
_UNDECAYED = ("gamma", "beta", "bias", "centre_prior", "set_priors", "smoothing", "calibration")


def make_optimizer(config, steps_per_epoch):
    """AdamW (arXiv:1711.05101) with warm-up + cosine, plateau or constant learning rate.

    Args:
        config: a `TrainConfig`.
        steps_per_epoch: optimiser steps in an epoch.

    Returns:
        A Keras optimizer that keeps a moving average of the weights where `ema_momentum` > 0, over
        a tenth of the run at most.
    """
    rate = config.learning_rate
    if config.schedule == "cosine":
        warmup = round(config.warmup_epochs * steps_per_epoch)
        rate = keras.optimizers.schedules.CosineDecay(
            0.0 if warmup else rate,
            decay_steps=max(1, config.epochs * steps_per_epoch - warmup),
            warmup_target=rate if warmup else None,
            warmup_steps=warmup,
        )
    steps = config.epochs * steps_per_epoch
    optimizer = keras.optimizers.AdamW(
        rate,
        weight_decay=config.weight_decay,
        use_ema=config.ema_momentum > 0,
        ema_momentum=min(config.ema_momentum, max(0.0, 1 - 1 / (_AVERAGED * steps))),
    )
    optimizer.exclude_from_weight_decay(var_names=list(_UNDECAYED))
    return optimizer


@contextlib.contextmanager
def averaged_weights(model, optimizer):
    """Within this context the model holds the moving average of its weights, if there is one."""
    if not optimizer.use_ema or not keras.ops.convert_to_numpy(optimizer.iterations):
        yield model
        return
    weights = [v.numpy() for v in model.trainable_variables]
    optimizer.finalize_variable_values(model.trainable_variables)
    try:
        yield model
    finally:
        for variable, value in zip(model.trainable_variables, weights, strict=True):
            variable.assign(value)
