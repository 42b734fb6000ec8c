import keras
import pytest

from salnet_tf.models import backbones, presets, salnet
from salnet_tf.profiling import counting


def _macs(*layers, shape=(6, 8, 3)):
    costs = counting.layer_costs(keras.Sequential([keras.Input(shape), *layers]))
    return [cost.macs for cost in costs]


def test_convolutions_by_hand():
    layers = keras.layers
    assert _macs(layers.Conv2D(5, 3, strides=2, padding="same")) == [3 * 4 * 5 * 9 * 3]
    assert _macs(layers.Conv2D(5, 3, padding="valid")) == [4 * 6 * 5 * 9 * 3]
    assert _macs(layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")) == [48 * 6 * 9]
    assert _macs(layers.SeparableConv2D(5, 3, padding="same")) == [48 * 3 * 9 + 48 * 3 * 5]
    assert _macs(layers.Conv2DTranspose(5, 2, strides=2)) == [48 * 3 * 4 * 5]
    assert _macs(layers.Conv2D(6, 3, groups=3, padding="same")) == [48 * 6 * 9]
    assert _macs(layers.Flatten(), layers.Dense(7)) == [0, 144 * 7]
    assert _macs(layers.BatchNormalization(), layers.ReLU(), layers.UpSampling2D(2)) == [0, 0, 0]


def test_mobilenet_v2_as_published():
    model = keras.applications.MobileNetV2(weights=None)
    parameters, macs = counting.total(counting.layer_costs(model))
    assert parameters == 3_538_984
    assert macs / 1e6 == pytest.approx(300.8, abs=0.05)


def test_the_draft_as_published():
    model = salnet.build_salnet("salnet_draft", (240, 320), batch_norm=False)
    kernels = sum(weight.shape.num_elements() for weight in _kernels(model))
    assert kernels + 1 == 304_129  # the published count has the reduction's bias and no other
    _, macs = counting.total(counting.layer_costs(model))
    assert macs / 1e9 == pytest.approx(1.356, abs=5e-4)


def _kernels(model):
    return [weight.value for weight in model.weights if weight.name.endswith("kernel")]


@pytest.mark.parametrize(
    ("name", "parameters", "gmac"),
    [("salnet", 0.3e6, 0.15), ("salnet_small", 0.11e6, 0.07), ("salnet_large", 1e6, 0.6)],
)
def test_presets_keep_their_budgets(name, parameters, gmac):
    """At the canvas that its weights are for, which is no smaller than 240x320."""
    assert presets.preset(name).image_size >= presets.IMAGE_SIZE == (240, 320)
    model = salnet.build_salnet(name, batch_norm=False)
    counted, macs = counting.total(counting.layer_costs(model))
    assert counted <= parameters
    assert macs / 1e9 <= gmac


@pytest.mark.parametrize(
    ("name", "millions", "gmac"),
    [("vgg16_decoder", 31.8, 62.4), ("vgg16", 14.7, None), ("resnet50", 23.6, None)],
)
def test_backbones(name, millions, gmac):
    model = backbones.build(name, (240, 320))
    parameters, macs = counting.total(counting.layer_costs(model))
    assert parameters / 1e6 == pytest.approx(millions, abs=0.05)
    assert gmac is None or macs / 1e9 == pytest.approx(gmac, abs=0.05)
    assert model.output_shape == (None, 240, 320, 1)


def test_a_shape_that_is_not_static_is_refused():
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(1, 1)])
    with pytest.raises(ValueError, match="static shapes"):
        counting.layer_costs(model)
