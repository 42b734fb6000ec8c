"""A trimmed network learns what the modules of the wide one give."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from research import follow, growth
from salnet_tf.models import salnet
from salnet_tf.objectives import losses
from salnet_tf.training import config as config_lib
from salnet_tf.training import initialisation, loop

SIZE = (48, 64)


@pytest.fixture
def wide_config(tiny_config):
    modules = (dataclasses.replace(m, expanded=m.expanded + 8) for m in tiny_config.modules)
    return dataclasses.replace(tiny_config, modules=tuple(modules))


@pytest.fixture
def pair(tiny_config, wide_config, tmp_path):
    """A narrow network and the path of a wide one, of another canvas, that computes the same."""
    keras.utils.set_random_seed(5)
    narrow = salnet.build_salnet(tiny_config, SIZE)
    narrow(np.random.default_rng(0).uniform(0, 255, (8, *SIZE, 3)), training=True)
    wide = salnet.build_salnet(wide_config, (96, 128))
    growth.grow(narrow, wide)
    path = str(tmp_path / "wide.keras")
    wide.save(path)
    return narrow, path


def batch():
    mask = np.ones((2, *SIZE, 1), np.float32)
    image = np.random.default_rng(1).uniform(0, 255, (2, *SIZE, 3)).astype(np.float32)
    return {"image": image, "mask": mask, "density": mask / mask[0].sum()}


def test_the_error_is_the_share_of_variance_that_is_missed(pair):
    narrow, path = pair
    wide, example, plain = follow.load(path, narrow), batch(), losses.parse("kld:1")
    assert not wide.trainable_variables
    outputs = follow.streams(narrow)(example["image"], training=False)
    assert len(outputs) == 15 and outputs[0].shape == (2, *SIZE, 1)
    alone = plain.call(example, outputs[0])
    loss = follow.Following(plain, wide, 3.0)
    np.testing.assert_allclose(loss.call(example, outputs), alone, rtol=1e-4, atol=1e-5)
    # Nothing but the mean of one output is known: all its variance is missed, of one in 14.
    outputs[3] = tf.reduce_mean(outputs[3], (0, 1, 2), keepdims=True) + 0 * outputs[3]
    missed = tf.reduce_mean(loss.call(example, outputs) - alone)
    np.testing.assert_allclose(missed, 3 / 14, rtol=1e-3)


def test_outputs_of_half_precision_are_compared_in_full(pair):
    narrow, path = pair
    wide, example = follow.load(path, narrow), batch()
    loss = follow.Following(losses.parse("kld:1"), wide, 3.0)
    logits, *found = follow.streams(narrow)(example["image"], training=False)
    half = [tf.cast(x, tf.bfloat16) for x in found]
    np.testing.assert_allclose(
        loss.call(example, [logits, *half]), loss.call(example, [logits, *found]), atol=1e-3
    )


@pytest.mark.slow
def test_a_run_that_follows_comes_nearer(pair, settings, tiny_config, tmp_path):
    narrow, path = pair
    random = np.random.default_rng(2)
    for layer in narrow.layers:
        if layer.name.endswith("project_conv"):
            layer.set_weights([w + random.normal(0, 0.05, w.shape) for w in layer.get_weights()])
    narrow.save(tmp_path / "start.keras")
    settings |= {"init_from": str(tmp_path / "start.keras"), "epochs": 6}
    settings |= {"freeze": ("batch_norm", "stem", "module1", "module2", "module3")}
    settings |= {"learning_rate": 0.003, "ema_momentum": 0.0}
    loop.train(config_lib.TrainConfig(**settings), extra=follow.Follow(path, 30.0))
    after, example = initialisation.load_model(settings["workdir"]), batch()
    assert after.config == tiny_config and len(after.outputs) == 1
    wide = follow.load(path, narrow)
    loss = follow.Following(losses.parse("kld:1"), wide, 1e6)
    before, after = (
        float(np.mean(loss.call(example, follow.streams(m)(example["image"], training=False))))
        for m in (narrow, after)
    )
    assert 0 < after < 0.9 * before


def test_what_cannot_be_followed_is_said(pair):
    narrow, _ = pair
    with pytest.raises(ValueError, match=r"more expanded channels. Received: 'salnet_small'"):
        follow.load("salnet_small", narrow)
