import numpy as np
import pytest
import scipy.ndimage
from keras import ops

from salnet_tf.objectives import maps


def test_log_density_is_a_masked_log_softmax(batch):
    logits = np.random.default_rng(1).normal(size=(3, 12, 16, 1)).astype(np.float32)
    valid = batch["mask"].astype(bool)
    density = ops.convert_to_numpy(maps.density(logits, batch["mask"]))
    expected = np.where(valid, np.exp(logits.astype(np.float64)), 0)
    expected /= expected.sum((1, 2, 3), keepdims=True)
    np.testing.assert_allclose(density, expected, rtol=1e-5)
    assert density[~valid].max() == 0


def standardised(x, ddof=0):
    deviation, scale = maps.centred(x, ddof=ddof)
    return deviation * scale


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_reductions_are_float32_or_float64(dtype):
    x = ops.cast(np.arange(12.0).reshape(1, 3, 4, 1), dtype)
    assert standardised(x).dtype == ("float64" if dtype == "float64" else "float32")
    # In float16 the sum of 100,000 ones overflows.
    total = maps.total(maps.normalize_sum(ops.ones((250, 400), dtype)))
    assert float(total) == pytest.approx(1, abs=1e-5)


def test_normalisations_of_plain_and_odd_maps():
    x = np.array([[1.0, 3.0], [0.0, 4.0]])
    np.testing.assert_allclose(maps.normalize_sum(x), x / 8)
    np.testing.assert_allclose(maps.normalize_sum(x - 1), x / 8)
    np.testing.assert_allclose(maps.normalize_sum(0 * x), 0 * x + 0.25)
    np.testing.assert_allclose(maps.normalize_max(x), x / 4)
    np.testing.assert_allclose(maps.normalize_max(0 * x), 0 * x)
    np.testing.assert_allclose(maps.normalize_range(x + 7), x / 4)
    np.testing.assert_allclose(maps.normalize_range(0 * x + 7), 0 * x)
    np.testing.assert_allclose(standardised(x), (x - 2) / x.std())
    np.testing.assert_allclose(standardised(x, ddof=1), (x - 2) / x.std(ddof=1))


@pytest.mark.parametrize("value", [0.0, 0.1, -3.7e-9, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_map_standardises_to_zero(value, dtype):
    assert not np.any(standardised(np.full((37, 53), value, dtype)))


def test_density_of_points_is_a_gaussian_blur_of_pixel_centres():
    xy = np.array([[20.5, 14.5], [3.5, 5.5], [20.5, 14.5], [9.0, 9.0]])
    weights = np.array([1.0, 2.0, 1.0, 0.0])
    counts = np.zeros((40, 50))
    counts[14, 20], counts[5, 3] = 2, 2
    expected = scipy.ndimage.gaussian_filter(counts, 2.5, mode="constant", truncate=30)
    density = maps.density_of_points(xy, weights, (40, 50), 2.5)
    np.testing.assert_allclose(density, expected / expected.sum(), atol=1e-15)


def test_density_of_points_takes_a_batch_with_its_own_sigmas():
    xy = np.random.default_rng(0).uniform(0, 10, (3, 4, 2))
    weights = np.array([[1.0, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]])
    sigmas = np.array([1.0, 2.0, 3.0])
    density = maps.density_of_points(xy, weights, (10, 10), sigmas)
    np.testing.assert_allclose(ops.sum(density, (1, 2)), np.ones(3))
    one = maps.density_of_points(xy[1, :1], weights[1, :1], (10, 10), 2.0)
    np.testing.assert_allclose(density[1], one)
    np.testing.assert_allclose(density[2], np.full((10, 10), 0.01))
