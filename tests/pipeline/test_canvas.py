import cv2
import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from salnet_tf.images import decode, geometry
from salnet_tf.pipeline import canvas

SIDES = st.one_of(st.integers(1, 40), st.integers(1, 1000), st.just(10_000))


@hypothesis.settings(max_examples=40, deadline=None)
@hypothesis.given(st.tuples(SIDES, SIDES).filter(lambda size: size[0] * size[1] <= 400_000))
@hypothesis.example((1, 1))
@hypothesis.example((1, 10_000))
@hypothesis.example((10_000, 1))
def test_tensorflow_and_opencv_lay_the_same_canvas(size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    expected, placement = geometry.image_to_canvas(image, (48, 64))
    np.testing.assert_allclose(canvas.to_canvas(image, placement), expected, atol=0.02)


def test_the_same_inside_tf_data():
    image = np.random.default_rng(0).integers(0, 256, (131, 97, 3), np.uint8)
    placement = geometry.place((131, 97), (48, 64))
    dataset = tf.data.Dataset.from_tensors(image).map(lambda x: canvas.to_canvas(x, placement))
    np.testing.assert_array_equal(next(iter(dataset)), canvas.to_canvas(image, placement))


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("channels", [1, 3])
def test_decodes_as_the_predictor_does(suffix, channels):
    shape = (40, 56) if channels == 1 else (40, 56, 3)
    smooth = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, shape, np.uint8), (0, 0), 3)
    data = cv2.imencode(suffix, smooth)[1].tobytes()
    difference = canvas.decode(data).numpy().astype(int) - decode.decode_photo(data)
    assert np.abs(difference).max() <= 1
