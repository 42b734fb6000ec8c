import numpy as np

from salnet_tf.models import folding


def test_folded_network_gives_the_same_logits_without_batch_norm(tiny_model):
    folded = folding.fold(tiny_model)
    image = np.random.default_rng(0).uniform(0, 255, (2, *tiny_model.image_size, 3))
    expected = np.asarray(tiny_model(image, training=False))
    assert not [layer for layer in folded.layers if layer.name.endswith("_bn")]
    assert expected.std() > 0.1
    np.testing.assert_allclose(folded(image), expected, atol=2e-5 * np.abs(expected).max())


def test_folded_network_at_another_size_equals_the_model_there(tiny_model):
    folded = folding.fold(tiny_model, (96, 64))
    image = np.random.default_rng(0).uniform(0, 255, (1, 96, 64, 3))
    expected = np.asarray(tiny_model.with_image_size((96, 64))(image, training=False))
    np.testing.assert_allclose(folded(image), expected, atol=2e-5 * np.abs(expected).max())
