import keras
import numpy as np
import pytest

from salnet_tf.models import salnet


def convolutions(model):
    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
    return [layer for layer in model.layers if isinstance(layer, kinds)]


def convolution_weights(model):
    return sum(int(np.prod(w.shape)) for layer in convolutions(model) for w in layer.weights)


def images(size, count=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 255, (count, *size, 3)).astype("float32")


@pytest.fixture(scope="module")
def tiny(tiny_config):
    keras.utils.set_random_seed(0)
    return salnet.build_salnet(tiny_config, (48, 64))


def test_draft_is_the_published_table():
    assert convolution_weights(salnet.build_salnet("salnet_draft")) == 304_000 + 128 + 1


def test_default_is_under_its_budget():
    assert salnet.build_salnet("salnet").count_params() < 250_000


def test_two_thirteen_one(tiny):
    names = [layer.name for layer in convolutions(tiny)]
    assert [n for n in names if n.startswith("stem")] == ["stem1_conv", "stem2_conv"]
    assert len([n for n in names if n.endswith("depthwise_conv")]) == 13
    assert [n for n in names if n.startswith("reduction")] == ["reduction"]


def test_logits_have_the_size_of_the_input(tiny):
    assert tiny(images((48, 64))).shape == (2, 48, 64, 1)
    assert tiny.output.dtype == "float32"


def test_keras_file_round_trip_gives_the_same_numbers(tiny, tmp_path):
    tiny.save(tmp_path / "tiny.keras")
    loaded = keras.saving.load_model(tmp_path / "tiny.keras")
    assert isinstance(loaded, salnet.SalNet)
    assert loaded.config == tiny.config and loaded.image_size == (48, 64)
    np.testing.assert_array_equal(loaded(images((48, 64))), tiny(images((48, 64))))


def test_the_same_weights_serve_another_size(tiny, tmp_path):
    tiny.save_weights(tmp_path / "tiny.weights.h5")
    larger = salnet.build_salnet(tiny.config, (80, 96))
    larger.load_weights(tmp_path / "tiny.weights.h5")
    batch = images((80, 96))
    np.testing.assert_array_equal(larger(batch), tiny.with_image_size((80, 96))(batch))
    # Inside a large even canvas the network sees what it saw in the small one.
    assert np.std(larger(batch)) > 0


@pytest.mark.parametrize("size", [(250, 320), (0, 16), (240,), (16.5, 32, 3)])
def test_size_must_be_a_multiple_of_the_stride(size):
    with pytest.raises(ValueError, match=r"image_size must be a multiple of 16, .* Received"):
        salnet.build_salnet("salnet", size)


def test_gradients_reach_every_weight(tiny):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tiny(images((48, 64)), training=True) ** 2)
    gradients = tape.gradient(loss, tiny.trainable_variables)
    missing = [
        v.path for g, v in zip(gradients, tiny.trainable_variables, strict=True) if g is None
    ]
    assert not missing


def test_prior_is_symmetric_weights_free_of_size(tiny):
    shapes = [tuple(v.shape) for v in tiny.with_image_size((96, 32)).variables]
    assert shapes == [tuple(v.shape) for v in tiny.variables]
