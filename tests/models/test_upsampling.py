import keras
import numpy as np
import pytest

from salnet_tf.models import upsampling


@pytest.mark.parametrize("factor", [2, 3, 8])
@pytest.mark.parametrize("size", [(1, 1), (3, 5)])
def test_the_numbers_of_a_bilinear_resize(factor, size):
    x = np.random.default_rng(0).normal(size=(2, *size, 1)).astype(np.float32)
    expected = keras.layers.UpSampling2D(factor, interpolation="bilinear")(x)
    np.testing.assert_allclose(upsampling.BilinearUpsampling(factor)(x), expected, atol=1e-6)


def test_it_round_trips_and_takes_one_channel():
    layer = upsampling.BilinearUpsampling(4, name="up")
    copy = upsampling.BilinearUpsampling.from_config(layer.get_config())
    assert (copy.factor, copy.name) == (4, "up")
    with pytest.raises(ValueError, match=r"One channel.*Received: 2"):
        layer(np.zeros((1, 2, 2, 2), np.float32))
