"""Deep saliency models to set beside ours: large backbones of `keras.applications` with a head.

Only what they cost is wanted here, so their weights are random unless ImageNet's are asked for.
Input and output are SalNet's: RGB 0..255 `[batch, height, width, 3]`, logits
`[batch, height, width, 1]` float32.
"""

import keras
from keras import layers

from salnet_tf.models import presets, salnet

# Mean RGB of ImageNet, which VGG16 and ResNet50 were trained with.
_IMAGENET_MEAN = (123.68, 116.779, 103.939)
# (filters, convolutions) of the mirrored decoder, upsampled by 2 between the groups.
_DECODER = ((512, 3), (512, 3), (256, 3), (128, 2), (64, 2))


def vgg16(image_size, weights=None):
    """VGG16 (arXiv:1409.1556) up to conv5_3, a 1x1 head, bilinear upsampling."""
    image, x = _scaled_input(image_size, mean=_IMAGENET_MEAN)
    x = _encoder(keras.applications.VGG16, x, weights, "block5_conv3")
    return _with_head("vgg16", image, x, image_size)


def resnet50(image_size, weights=None):
    """ResNet50 (arXiv:1512.03385) without its classifier, a 1x1 head, bilinear upsampling."""
    image, x = _scaled_input(image_size, mean=_IMAGENET_MEAN)
    x = _encoder(keras.applications.ResNet50, x, weights)
    return _with_head("resnet50", image, x, image_size)


def vgg16_decoder(image_size, weights=None):
    """VGG16 up to conv5_3 and a mirrored 3x3 decoder, the shape of SalGAN (arXiv:1701.01081)."""
    image, x = _scaled_input(image_size, mean=_IMAGENET_MEAN)
    x = _encoder(keras.applications.VGG16, x, weights, "block5_conv3")
    for group, (filters, count) in enumerate(_DECODER, 1):
        if group > 1:
            # Keras' UpSampling2D repeats twice, with a tensor between; this is one operation.
            sides = [2 * side for side in x.shape[1:3]]
            name = f"decoder{group}_upsample"
            x = layers.Resizing(*sides, interpolation="nearest", name=name)(x)
        for i in range(1, count + 1):
            x = layers.Conv2D(
                filters, 3, padding="same", activation="relu", name=f"decoder{group}_conv{i}"
            )(x)
    return _with_head("vgg16_decoder", image, x, image_size)


def mobilenet_v2(image_size, weights=None):
    """MobileNetV2 (arXiv:1801.04381) and a light decoder over its features at strides 32, 16, 8."""
    image, x = _scaled_input(image_size, scale=1 / 127.5, mean=(127.5,) * 3)
    deep, middle, shallow = _encoder(
        keras.applications.MobileNetV2, x, weights, "out_relu", "block_12_add", "block_5_add"
    )
    x = layers.Conv2D(64, 1, use_bias=False, name="decoder1_project")(deep)
    for level, skip in enumerate((middle, shallow), 2):
        x = layers.Resizing(*skip.shape[1:3], name=f"decoder{level}_upsample")(x)
        skip = layers.Conv2D(64, 1, use_bias=False, name=f"decoder{level}_project")(skip)
        x = layers.Add(name=f"decoder{level}_add")([x, skip])
        x = layers.SeparableConv2D(64, 3, padding="same", name=f"decoder{level}_conv")(x)
        x = layers.ReLU(6.0, name=f"decoder{level}_act")(x)
    return _with_head("mobilenet_v2", image, x, image_size)


BACKBONES = {model.__name__: model for model in (vgg16, resnet50, vgg16_decoder, mobilenet_v2)}
NAMES = (*presets.PRESETS, *BACKBONES)  # of all that `build` builds


def build(name, image_size=(240, 320)):
    """Build one of our networks or of these with fresh weights.

    Args:
        name: of `NAMES`.
        image_size: (height, width) of the canvas in pixels.

    Returns:
        A `keras.Model`: RGB 0..255 `[batch, height, width, 3]` -> logits
        `[batch, height, width, 1]`.

    Raises:
        ValueError: no model has this name, or the size does not suit it.
    """
    if name in BACKBONES:
        return BACKBONES[name](tuple(image_size))
    if name not in presets.PRESETS:
        raise ValueError(f"Unknown model. Known: {', '.join(NAMES)}. Received: {name!r}")
    return salnet.build_salnet(name, image_size)


def _scaled_input(image_size, mean, scale=1.0):
    image = keras.Input((*image_size, 3), name="image")
    offset = [-scale * channel for channel in mean]
    return image, layers.Rescaling(scale, offset=offset, name="rescale")(image)


def _encoder(application, x, weights, *names):
    """The backbone's tensors of the layers `names` (its last one if there is none)."""
    encoder = application(include_top=False, weights=weights, input_tensor=x)
    outputs = [encoder.get_layer(name).output for name in names] or [encoder.output]
    return outputs if len(outputs) > 1 else outputs[0]


def _with_head(name, image, x, image_size):
    x = layers.Conv2D(1, 1, name="reduction", dtype="float32")(x)
    if tuple(x.shape[1:3]) != tuple(image_size):
        x = layers.Resizing(*image_size, name="upsample", dtype="float32")(x)
    return keras.Model(image, x, name=name)
