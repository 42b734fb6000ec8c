"""Cached features are the backbone's, in step with their targets, mirrored together."""

import numpy as np
import pytest

from salnet_tf.models import efficientnet_lite
from salnet_tf.pipeline import canvases
from salnet_tf.training import features

SIZE = (64, 96)
SET = "fixation_table/drawn"


@pytest.fixture
def backbone(tiny_backbone):
    return efficientnet_lite.pretrained(tiny_backbone, SIZE)


@pytest.fixture
def examples(backbone, data_dir, tmp_path):
    return features.load(SET, "train", data_dir, backbone, str(tmp_path))


def test_features_are_those_of_photo_and_mirror(examples, backbone, data_dir):
    images = canvases.load(SET, "train", data_dir, SIZE).images[-1:].astype(np.float32)
    for i, (photo, mirror) in enumerate(
        zip(backbone(images), backbone(images[:, :, ::-1]), strict=True)
    ):
        for kept, direct in zip(examples.features[i][-1], (photo, mirror), strict=True):
            direct = np.asarray(direct)[0]
            np.testing.assert_allclose(kept, direct, rtol=2e-3, atol=2e-3 * direct.std())


def test_features_are_computed_once(examples, backbone, data_dir, tmp_path):
    files = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(files) == 3
    features.load(SET, "train", data_dir, backbone, str(tmp_path))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == files


def test_targets_lie_where_the_fixations_are(examples, data_dir):
    images = canvases.load(SET, "train", data_dir, SIZE)
    density, fixations, mask = np.moveaxis(examples.targets, -1, 0)
    np.testing.assert_allclose(density.sum((1, 2)), 1, rtol=1e-5)
    np.testing.assert_array_equal(fixations.sum((1, 2)), images.weights.sum(1))
    assert np.all(density[mask == 0] == 0)
    for row in range(len(images)):
        x, y = images.points[row][images.weights[row] > 0].mean(0) / 8
        columns, rows = np.arange(12) + 0.5, np.arange(8) + 0.5
        assert density[row].sum(0) @ columns == pytest.approx(x, abs=0.7)
        assert density[row].sum(1) @ rows == pytest.approx(y, abs=0.7)


def test_the_mask_has_the_cells_whose_centre_is_on_the_photo(examples, data_dir):
    boxes = canvases.load(SET, "train", data_dir, SIZE).boxes
    x = (np.arange(12) + 0.5) * 8
    for row, (_, left, _, width) in enumerate(boxes):
        inside = (x > left) & (x < left + width)
        np.testing.assert_array_equal(examples.targets[row, 4, :, 2], inside)


def test_batches_mirror_features_and_targets_alike(examples):
    batches = features.Batches([examples], [np.array([3])], 2, seed=0, unknown=0.0)
    (*inputs, domain), targets, valid = batches[0]
    photo = int(np.argmax([np.array_equal(i, examples.features[0][3, 0]) for i in inputs[0]]))
    np.testing.assert_array_equal(inputs[2][1 - photo], examples.features[2][3, 1])
    np.testing.assert_array_equal(targets[photo], examples.targets[3])
    np.testing.assert_array_equal(targets[1 - photo], examples.targets[3][:, ::-1])
    np.testing.assert_array_equal(domain, [[1], [1]])
    np.testing.assert_array_equal(valid, [1, 1])


def test_an_epoch_shows_every_photo_once_and_some_as_unknown(examples):
    rows = np.arange(len(examples))
    batches = features.Batches([examples, examples], [rows, rows], 4, seed=0, unknown=0.5)
    assert len(batches) == len(examples)
    domains = np.concatenate([batches[i][0][3] for i in range(len(batches))])
    assert 0.2 < np.mean(domains[:, 0] == 0.5) < 0.8
    before = batches.order.copy()
    batches.on_epoch_end()
    assert sorted(batches.order) == sorted(before) and list(batches.order) != list(before)


def test_statistics_standardise(examples):
    for i, (mean, variance) in enumerate(features.statistics([examples], every=1)):
        values = examples.features[i][:, 0].astype(np.float64)
        np.testing.assert_allclose(mean, values.mean((0, 1, 2)), rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(variance, values.var((0, 1, 2)), rtol=1e-3, atol=1e-8)


def test_less_than_a_batch_is_refused(examples):
    with pytest.raises(ValueError, match="Received: batch_size 16"):
        features.Batches([examples], [np.array([0])], 16, seed=0)
