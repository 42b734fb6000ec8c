import keras
import numpy as np
import pytest

from salnet_tf.models import batch_norm


@pytest.fixture
def pair():
    x = np.random.default_rng(0).normal(2.0, 3.0, (4, 6, 5, 3)).astype("float32")
    fused, plain = batch_norm.FusedBatchNormalization(), keras.layers.BatchNormalization()
    for layer in (fused, plain):
        layer.build(x.shape)
        layer.gamma.assign([0.5, 1.0, 2.0])
        layer.beta.assign([-1.0, 0.0, 1.0])
    return fused, plain, x


@pytest.mark.parametrize("training", [True, False])
def test_same_numbers_as_keras(pair, training):
    fused, plain, x = pair
    for _ in range(3):
        a, b = fused(x, training=training), plain(x, training=training)
    np.testing.assert_allclose(a, b, atol=2e-6)
    for mine, theirs in zip(fused.weights, plain.weights, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=2e-6)


def test_frozen_layer_uses_its_statistics(pair):
    fused, _, x = pair
    fused.trainable = False
    before = fused.moving_mean.numpy()
    np.testing.assert_array_equal(fused(x, training=True), fused(x, training=False))
    np.testing.assert_array_equal(fused.moving_mean, before)


def test_bfloat16_keeps_statistics_in_float32(pair):
    layer = batch_norm.FusedBatchNormalization(dtype="mixed_bfloat16")
    out = layer(pair[2].astype("float32"), training=True)
    assert out.dtype == "bfloat16" and layer.moving_variance.dtype == "float32"
