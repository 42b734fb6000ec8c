"""Augmentation that leaves gaze where it was: horizontal mirror and photometric changes.

Gaze is stable under these and not under vertical flips, rotation or shear (Che et al. 2020,
arXiv:1905.06803). Every operation is stateless: the same seed gives the same picture.
"""

import tensorflow as tf


def mirror(example, seed):
    """Mirror every map of `example` (`[height, width, channels]` tensors) with probability 1/2."""
    flip = tf.random.stateless_uniform([], seed) < 0.5
    maps = {name: value for name, value in example.items() if value.shape.rank == 3}
    mirrored = tf.cond(
        flip,
        lambda: {name: _reversed_rows(value) for name, value in maps.items()},
        lambda: maps,
    )
    return {**example, **mirrored}


def _reversed_rows(value):
    """`[height, width, channels]` from right to left.

    TensorFlow reverses 3 channels and plain matrices fast, one channel eight times slower.
    """
    if value.shape[-1] == 1:
        return tf.reverse(value[..., 0], axis=[1])[..., None]
    return tf.reverse(value, axis=[1])


def photometric(example, seed, strength):
    """Change brightness, contrast, saturation and hue of the image; padding stays 0.

    Args:
        example: a dict with `image` `[height, width, 3]`, 0..255, and `mask` `[height, width, 1]`.
        seed: `[2]` int32.
        strength: 0 changes nothing; 1 is up to 20 % in brightness, contrast and saturation, 3 % of
            the hue circle. Contrast is around the mean of the canvas, its black padding included.
    """
    seeds = tf.random.split(seed, 4)
    spread, image = 0.2 * strength, example["image"] / 255.0
    image = tf.image.stateless_random_brightness(image, spread, seeds[0])
    image = tf.image.stateless_random_contrast(image, 1 - spread, 1 + spread, seeds[1])
    image = tf.image.stateless_random_saturation(image, 1 - spread, 1 + spread, seeds[2])
    image = tf.image.stateless_random_hue(image, 0.03 * strength, seeds[3])
    image = tf.clip_by_value(image, 0.0, 1.0) * 255.0 * example["mask"]
    return {**example, "image": image}
