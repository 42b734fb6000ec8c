"""Hints lie on the canvas where the photo does, through crops and mirrors."""

import numpy as np
import pytest
import tensorflow as tf

from salnet_tf.pipeline import batches, hint_map, order
from salnet_tf.pipeline import canvases as table_lib

CANVAS = (48, 64)
BOX = (6, 0, 36, 64)
CELLS = (12, 16)


def ramps(rows, columns):
    """Each cell's place in the photo, y and x, 0..1."""
    y, x = np.mgrid[0:rows, 0:columns] + 0.5
    return np.stack([y / rows, x / columns], axis=-1).astype(np.float32)


def test_a_cell_has_the_feature_of_its_place():
    laid, mask = hint_map.lay(tf.constant(ramps(15, 20)), tf.constant(BOX), None, CANVAS, CELLS)
    y, x = np.mgrid[0:12, 0:16] * 4.0 + 2.0
    inside = (y >= 6) & (y < 42)
    np.testing.assert_array_equal(mask[..., 0], inside)
    # The border's half cell has the border's feature.
    expected = [np.clip((y - 6) / 36, 0.5 / 15, 14.5 / 15), np.clip(x / 64, 0.5 / 20, 19.5 / 20)]
    np.testing.assert_allclose(
        np.moveaxis(laid.numpy(), -1, 0)[:, inside], np.array(expected)[:, inside], atol=1e-6
    )


@pytest.mark.parametrize("mirror", [False, True])
def test_hints_move_with_the_photo(mirror):
    """Photos painted with their own coordinates: a cell's mean colour is its hint."""
    count, top, height, width = 8, *BOX[::2], BOX[3]
    images = np.zeros((count, *CANVAS, 3), np.uint8)
    images[:, top : top + height, :, :2] = np.rint(255 * ramps(height, width))
    table = table_lib.Table(
        "drawn",
        [str(i) for i in range(count)],
        images,
        np.tile(np.array(BOX, np.int32), (count, 1)),
        np.tile(np.array([[32.0, 24.0]], np.float32), (count, 1, 1)),
        np.ones((count, 1), np.float32),
        np.full(count, 4.0, np.float32),
        hints=np.tile(ramps(15, 20).astype(np.float16), (count, 1, 1, 1)),
    )
    augmentation = batches.Augmentation(mirror, photometric=0.0, crop=0.5, hint_stride=4)
    firsts = []
    for batch in batches.training(table, order.Epochs(2, 4, seed=0), augmentation):
        inside = batch["hint_mask"].numpy()[..., 0] == 1
        inside &= batch["mask"].numpy()[:, ::4, ::4, 0] == 1
        inside &= batch["mask"].numpy()[:, 3::4, 3::4, 0] == 1  # wholly in the photo
        means = tf.nn.avg_pool2d(batch["image"][..., :2] / 255, 4, 4, "VALID").numpy()
        assert np.abs(means - batch["hints"])[inside].max() < 0.04
        firsts += list(means[:, 6, 0, 1])
    assert (max(firsts) > 0.5) == mirror
    assert np.ptp(firsts) > 0.05
