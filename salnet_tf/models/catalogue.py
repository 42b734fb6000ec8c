"""Every model that has a name: our presets, and the deep backbones they are compared with."""

from salnet_tf.models import backbones, presets, salnet

NAMES = (*presets.PRESETS, *backbones.BACKBONES)


def build(name, image_size=(240, 320)):
    """Build a model with fresh weights.

    Args:
        name: a preset or one of `backbones.BACKBONES`.
        image_size: (height, width) of the canvas in pixels.

    Returns:
        A `keras.Model`: RGB 0..255 `[batch, height, width, 3]` -> logits
        `[batch, height, width, 1]`.

    Raises:
        ValueError: no model has this name, or the size does not suit it.
    """
    if name in backbones.BACKBONES:
        return backbones.BACKBONES[name](tuple(image_size))
    if name not in presets.PRESETS:
        raise ValueError(f"Unknown model. Known: {', '.join(NAMES)}. Received: {name!r}")
    return salnet.build_salnet(name, image_size)
