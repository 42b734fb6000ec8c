"""A wider network starts as the narrower one."""

import dataclasses

import keras
import numpy as np
import pytest

from research import growth
from salnet_tf.models import presets, salnet
from salnet_tf.training import initialisation

SIZE = (48, 64)
_SALNET = presets.preset("salnet").config
LEAN = dataclasses.replace(
    _SALNET,
    modules=tuple(
        dataclasses.replace(
            m,
            filters={32: 16, 64: 48}.get(m.filters, m.filters),
            expanded=min(32, m.expanded),
        )
        for m in _SALNET.modules
    ),
)


def disturbed(config):
    """A network with weights and statistics of no special value."""
    keras.utils.set_random_seed(3)
    model = salnet.build_salnet(config, SIZE)
    random = np.random.default_rng(0)
    model.set_weights(
        [
            w * random.uniform(0.6, 1.4, w.shape) + random.uniform(-0.02, 0.02, w.shape)
            for w in model.get_weights()
        ]
    )
    return model


def assert_same(made, expected):
    """Up to the order of sums, which differs between processors."""
    np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-4 * np.ptp(expected))


@pytest.mark.parametrize("names", [(LEAN, "salnet"), ("salnet", "salnet_large")])
def test_it_computes_the_same(names):
    narrow = disturbed(names[0])
    keras.utils.set_random_seed(4)
    wide = salnet.build_salnet(names[1], SIZE)
    assert growth.can_grow(narrow, wide) and not growth.can_grow(wide, narrow)
    image = np.random.default_rng(1).uniform(0, 255, (2, *SIZE, 3)).astype(np.float32)
    before = np.asarray(wide(image, training=False))
    growth.grow(narrow, wide)
    made, expected = (np.asarray(model(image, training=False)) for model in (wide, narrow))
    assert np.ptp(expected) > 0.1 and np.abs(before - expected).max() > 0.1
    assert_same(made, expected)


def test_the_further_channels_learn_at_once():
    import tensorflow as tf

    wide = salnet.build_salnet("salnet", SIZE)
    growth.grow(disturbed(LEAN), wide)
    image = np.random.default_rng(1).uniform(0, 255, (2, *SIZE, 3)).astype(np.float32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(wide(image, training=True)))
    kernel = wide.get_layer("module6_project_conv").kernel
    gradient = tape.gradient(loss, kernel).numpy()[0, 0]
    assert not np.any(kernel.numpy()[0, 0, 32:, :48])
    assert np.abs(gradient[32:, :48]).max() > 0


@pytest.mark.slow
def test_a_start_is_written(tmp_path):
    narrow, path = disturbed(LEAN), str(tmp_path / "wide.keras")
    narrow.save(tmp_path / "narrow.keras")
    growth.grow_file(str(tmp_path / "narrow.keras"), "salnet", path)
    image = np.random.default_rng(1).uniform(0, 255, (1, *SIZE, 3)).astype(np.float32)
    wide = initialisation.load_model(path)
    assert wide.config == _SALNET
    assert_same(np.asarray(wide(image)), np.asarray(narrow(image)))
    with pytest.raises(ValueError, match=r"same network with more channels. Received: .*wide"):
        growth.grow_file(path, "salnet_small", path)


def test_another_stride_or_kernel_is_another_network():
    modules = list(LEAN.modules)
    modules[5] = dataclasses.replace(modules[5], kernel_size=3)
    other = salnet.build_salnet(dataclasses.replace(LEAN, modules=tuple(modules)), SIZE)
    assert not growth.can_grow(other, salnet.build_salnet("salnet", SIZE))
