"""A network that differs from a preset in one thing or several (no Keras here)."""

import dataclasses

from salnet_tf.models import presets

HELP = (
    "The preset changed, NAME=NUMBER: prior_gaussians, smoothing; kernel_size, dilation in every "
    "module; context=0, upsample=0, skip=0; expanded=N/N/... has the expanded channels of each of "
    "the thirteen (`python -m research.layout` finds them)."
)

# What `changed` sets: of the network, and of every module.
_NUMBERS = ("prior_gaussians", "smoothing")
_OF_MODULES = ("kernel_size", "dilation", "context", "upsample", "skip")
_ONLY_OFF = ("context", "upsample", "skip")


def of_preset(name, changes):
    """The `SalNetConfig` of a preset, changed as `changed` does."""
    return changed(presets.preset(name).config, changes)


def changed(config, changes):
    """A network that differs from another in one thing or several: for ablations.

    Args:
        config: a `SalNetConfig`.
        changes: texts NAME=NUMBER: `prior_gaussians` and `smoothing` as in `SalNetConfig`;
            `kernel_size` and `dilation` set in every module (of stride 1); `context=0`,
            `upsample=0`, `skip=0` leave it out of every module; `expanded=N/N/...` has a number
            for each of the thirteen.

    Returns:
        A `SalNetConfig`.

    Raises:
        ValueError: no such name or number, or the two do not go together.
    """
    for change in changes:
        name, _, number = change.partition("=")
        if name == "expanded":
            config = with_expanded(config, _expanded(number, len(config.modules)))
            continue
        known = name in _NUMBERS or name in _OF_MODULES
        if not known or not number.isdecimal() or (name in _ONLY_OFF and int(number)):
            raise ValueError(
                f"A change is NAME=NUMBER of {', '.join((*_NUMBERS, *_OF_MODULES))} "
                f"({', '.join(_ONLY_OFF)} only 0), or expanded=N/N/... Received: {change!r}"
            )
        if name in _NUMBERS:
            config = dataclasses.replace(config, **{name: int(number)})
            continue
        value = bool(int(number)) if name in ("context", "upsample") else int(number)
        modules = tuple(
            dataclasses.replace(module, **{name: value}) if module.stride == 1 else module
            for module in config.modules
        )
        config = dataclasses.replace(config, modules=modules)
    strides = config.strides()
    for number, module in enumerate(config.modules):
        own = strides[number] // module.stride
        if module.skip and own != strides[module.skip - 1]:
            raise ValueError(
                f"Module {number + 1} would join stride {own} to "
                f"{strides[module.skip - 1]}. Received: {', '.join(changes)}"
            )
    return config


def expanded_change(counts):
    """The change that gives the modules these numbers of expanded channels."""
    return f"expanded={'/'.join(map(str, counts))}"


def with_expanded(config, counts):
    """A `SalNetConfig` with these numbers of expanded channels, one for each module."""
    modules = zip(config.modules, counts, strict=True)
    return dataclasses.replace(
        config, modules=tuple(dataclasses.replace(m, expanded=count) for m, count in modules)
    )


def _expanded(text, number):
    counts = text.split("/")
    if len(counts) != number or not all(count.isdecimal() and int(count) for count in counts):
        raise ValueError(
            f"expanded takes {number} numbers, from 1, with / between. Received: {text!r}"
        )
    return map(int, counts)
