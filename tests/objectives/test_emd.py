import numpy as np
import pytest
import scipy.optimize
import scipy.stats

from salnet_tf.objectives import emd


def assignment(truth, prediction):
    """Oracle for maps of whole units: the best one-to-one assignment of their units."""
    units = [np.repeat(np.argwhere(x >= 0), x.ravel(), axis=0) for x in (truth, prediction)]
    cost = np.linalg.norm(units[0][:, None] - units[1][None], axis=-1)
    return cost[scipy.optimize.linear_sum_assignment(cost)].mean()


def test_it_is_the_best_assignment_of_units():
    rng = np.random.default_rng(0)
    for _ in range(5):
        maps = [rng.multinomial(60, np.full(48, 1 / 48)).reshape(6, 8) for _ in range(2)]
        assert emd.emd(*maps, downsize=1) == pytest.approx(assignment(*maps), abs=1e-9)


def test_in_one_row_it_is_the_wasserstein_distance():
    truth, prediction = np.random.default_rng(1).random((2, 1, 40))
    x = np.arange(40)
    expected = scipy.stats.wasserstein_distance(x, x, truth[0], prediction[0])
    assert emd.emd(truth, prediction, downsize=1) == pytest.approx(expected, abs=1e-9)


def test_a_shifted_point_costs_its_way_and_equal_maps_nothing():
    here, there = np.zeros((2, 96, 128))
    here[10, 10] = 5
    there[80, 100] = 3  # cells (0, 0) and (2, 3)
    assert emd.emd(here, there) == pytest.approx(np.hypot(2, 3))
    assert emd.emd(there, 2 * there) == 0
    batch = np.stack([here, there])[..., None]
    np.testing.assert_allclose(emd.emd(batch, batch[::-1]), [np.hypot(2, 3)] * 2)


def test_the_reduction_is_an_area_average():
    image = np.random.default_rng(2).random((7, 9))
    np.testing.assert_allclose(emd._reduce(image, 1), image)
    fine = np.kron(image, np.ones((4, 4)))  # edges at 28 / 4 = 7 and 36 / 4 = 9
    np.testing.assert_allclose(emd._reduce(fine, 4), image)
    # 7 rows in 3 cells of 7/3: the first cell has two rows and a third of the next.
    column = np.arange(7.0)[:, None]
    np.testing.assert_allclose(emd._reduce(column, 3)[0], [(0 + 1 + 2 / 3) / (7 / 3)])
