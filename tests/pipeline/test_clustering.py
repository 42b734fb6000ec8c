import numpy as np
import tensorflow as tf

from salnet_tf.pipeline import clustering


def test_the_heaviest_groups_come_first_and_every_fixation_counts_once():
    rng = np.random.default_rng(0)
    groups = [((20, 30), 9), ((60, 10), 5), ((70, 70), 3)]
    points = np.concatenate([rng.uniform(-2, 2, (n, 2)) + at for at, n in groups])
    order = rng.permutation(17)
    centres, masses = clustering.cluster(points[order], np.ones(17), 4, radius=8)
    np.testing.assert_array_equal(masses, [9, 5, 3, 0])
    expected = [points[:9].mean(0), points[9:14].mean(0), points[14:].mean(0), (0, 0)]
    np.testing.assert_allclose(centres, expected, rtol=1e-5)


def test_fillers_never_count_and_ties_go_to_the_first():
    points = np.array([[5.0, 5], [50, 50], [50, 50], [5, 5], [5, 5]])
    weights = np.array([1.0, 1, 1, 1, 0])
    centres, masses = clustering.cluster(points, weights, 3, radius=3)
    np.testing.assert_array_equal(masses, [2, 2, 0])
    np.testing.assert_allclose(centres[:2], [[5, 5], [50, 50]])
    assert not np.any(clustering.cluster(points, 0 * weights, 2, radius=3)[1])


def test_a_batch_inside_tf_data_is_its_images_with_a_static_shape():
    rng = np.random.default_rng(1)
    points, weights = rng.uniform(0, 99, (4, 30, 2)).astype(np.float32), np.ones((4, 30))
    weights[1, 7:] = 0
    single = [clustering.cluster(p, w, 5, 12.0) for p, w in zip(points, weights, strict=True)]
    batch = clustering.cluster(points, weights, 5, 12.0)
    dataset = tf.data.Dataset.from_tensor_slices((points, weights))
    dataset = dataset.map(lambda p, w: clustering.cluster(p, w, 5, 12.0))
    assert dataset.element_spec[0].shape == (5, 2) and dataset.element_spec[1].shape == (5,)
    for k, (one, mapped) in enumerate(zip(single, dataset, strict=True)):
        for i in range(2):
            np.testing.assert_array_equal(one[i], mapped[i])
            np.testing.assert_allclose(one[i], batch[i][k], rtol=1e-6)
