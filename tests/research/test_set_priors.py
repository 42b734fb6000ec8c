"""Priors of sets: trained with the network, gone from what is kept."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from research import set_priors
from salnet_tf.objectives import losses
from salnet_tf.pipeline import canvases


@pytest.fixture
def attached():
    """(extra, its network, its loss) of two sets, of which the second has its own."""
    image = keras.Input((24, 32, 3))
    model = keras.Model(image, keras.layers.Conv2D(1, 1)(image))
    extra = set_priors.SetPriors(("b",), ("a", "b"))
    return extra, *extra.attach(model, losses.parse("kld:1"))


def batch(sets):
    count, random = len(sets), np.random.default_rng(0)
    mask = np.ones((count, 24, 32, 1), np.float32)
    density = np.zeros_like(mask)
    density[:, 12:, 16:] = 1 / 192
    image = random.uniform(0, 255, (count, 24, 32, 3)).astype(np.float32)
    return {"image": image, "mask": mask, "density": density, "set": np.array(sets, np.int32)}


def test_only_its_own_images_change_a_prior_and_they_do_at_once(attached):
    _, trained, loss = attached
    for sets, changes in (((0, 0), False), ((0, 1), True)):
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(loss.call(batch(sets), trained(batch(sets)["image"])))
        weights = trained.get_layer("set_priors").trainable_variables
        gradients = tape.gradient(value, weights)
        assert all(np.any(np.asarray(g) != 0) == changes for g in gradients)


def test_a_prior_moves_its_sets_logits_alone(attached):
    _, trained, _ = attached
    priors = trained.get_layer("set_priors")
    priors.set_weights([np.eye(1, 48, 47) * 5.0, np.full((1, 1), 0.5)])
    logits = np.zeros((2, 24, 32, 1), np.float32)
    made = np.asarray(priors.changed(logits, np.array([0, 1])))
    assert not made[0].any()
    assert made[1, -1, -1, 0] == pytest.approx(5 * np.exp(0.5), rel=1e-3) and not made[1, 0].any()


def test_images_know_their_set(data_dir, map_data_dir):
    first = canvases.load("fixation_table/drawn", "validation", data_dir, (48, 64))
    second = canvases.load("map_folder/drawn", "validation", map_data_dir, (48, 64))
    whole = canvases.concatenate([first, second])
    assert canvases.as_tensors(whole)["sets"].numpy().tolist() == [0] * 4 + [1] * 2
    assert canvases.as_tensors(first)["sets"].numpy().tolist() == [0] * 4


@pytest.mark.parametrize(
    ("own", "said"), [(("c",), "Received: c"), (("a", "b"), "must keep the network's own prior")]
)
def test_wrong_sets_are_refused(own, said):
    with pytest.raises(ValueError, match=said):
        set_priors.SetPriors(own, ("a", "b"))
