"""Parameters and multiply-adds of a Keras model, layer by layer.

One MAC is one multiply-add (many papers print MACs as "FLOPs"). Convolutions and matrix products
are counted; biases, normalisation, activations, additions and resizing are not, as in the papers'
own tables. With "same" padding the products with the padding count too.
"""

import dataclasses
import math

import keras


@dataclasses.dataclass(frozen=True)
class LayerCost:
    """What one layer costs for one image.

    Args:
        name: of the layer.
        kind: its class.
        parameters: numbers it holds, normalisation statistics included.
        macs: multiply-adds.
        outputs: numbers it puts out.
    """

    name: str
    kind: str
    parameters: int
    macs: int
    outputs: int


def layer_costs(model):
    """The `LayerCost` of every layer of a functional model, in order.

    Raises:
        ValueError: a layer's output has no static shape.
    """
    return [_layer_cost(layer) for layer in model.layers]


def total(costs):
    """(parameters, MACs) of a list of `LayerCost`."""
    return sum(cost.parameters for cost in costs), sum(cost.macs for cost in costs)


def _layer_cost(layer):
    shape = tuple(layer.output.shape[1:])
    if None in shape:
        raise ValueError(f"A count needs static shapes. Received: {layer.name} {shape}")
    outputs = math.prod(shape)
    return LayerCost(
        layer.name,
        type(layer).__name__,
        layer.count_params(),
        _macs(layer, outputs),
        outputs,
    )


def _macs(layer, outputs):
    """An output number of a convolution takes one product per kernel cell and input channel."""
    cells = math.prod(getattr(layer, "kernel_size", ()))
    channels = layer.output.shape[-1]
    if isinstance(layer, keras.layers.SeparableConv2D):
        deep = math.prod(layer.depthwise_kernel.shape[-2:])
        return outputs // channels * deep * (cells + channels)
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return outputs * cells
    if isinstance(layer, keras.layers.Conv2DTranspose):
        return math.prod(layer.input.shape[1:]) * cells * channels
    if isinstance(layer, keras.layers.Conv2D):
        return outputs * cells * layer.kernel.shape[-2]
    if isinstance(layer, keras.layers.Dense):
        return outputs * layer.kernel.shape[0]
    return 0
