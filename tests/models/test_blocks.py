import keras
import numpy as np
import pytest

from salnet_tf.models import blocks, presets


def build(module, batch_norm=True, channels=8):
    inputs = keras.Input((16, 24, channels))
    outputs = blocks.inverted_residual(inputs, module, "relu6", "module1", batch_norm)
    return keras.Model(inputs, outputs)


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (presets.ModuleConfig(8, 16), (None, 16, 24, 8)),
        (presets.ModuleConfig(12, 16, stride=2), (None, 8, 12, 12)),
        (presets.ModuleConfig(8, 16, kernel_size=5, dilation=2, context=True), (None, 16, 24, 8)),
    ],
)
def test_shapes(module, shape):
    assert build(module).output.shape == shape


def test_residual_only_where_shapes_agree():
    names = [layer.name for layer in build(presets.ModuleConfig(8, 16)).layers]
    assert "module1_add" in names
    names = [layer.name for layer in build(presets.ModuleConfig(9, 16)).layers]
    assert "module1_add" not in names


def test_projection_is_linear():
    model = build(presets.ModuleConfig(12, 16))
    assert model.layers[-1].name == "module1_project_bn"
    assert model.get_layer("module1_project_conv").activation is keras.activations.linear


def test_folded_form_has_biases_and_no_normalisation():
    folded = build(presets.ModuleConfig(8, 16), batch_norm=False)
    assert folded.get_layer("module1_depthwise_conv").use_bias
    assert not any("bn" in layer.name for layer in folded.layers)


def test_context_starts_as_nothing_and_sees_the_whole_image():
    module = presets.ModuleConfig(8, 16, context=True)
    model = build(module)
    expand = model.get_layer("module1_context_expand")
    assert not np.any(expand.get_weights()[0])
    expand.set_weights([np.ones_like(w) for w in expand.get_weights()])
    x = np.zeros((1, 16, 24, 8), "float32")
    changed = x.copy()
    changed[0, 0, 0] = 100.0
    difference = np.abs(model(changed) - model(x))
    assert difference[0, -1, -1].max() > 0
