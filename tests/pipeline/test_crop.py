"""A crop moves pixels, points, maps and sigma together, and stays in the image's box."""

import hypothesis
import numpy as np
import tensorflow as tf
from hypothesis import strategies as st

from salnet_tf.pipeline import batches, canvases, crop, order

BOX = tf.constant([6, 0, 36, 64])  # a landscape photo on a canvas of 48x64


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(st.integers(0, 2**30), st.floats(0, 0.99))
def test_the_window_lies_in_the_box_and_keeps_what_it_must(seed, largest):
    top, left, height, width = crop.window(BOX, [seed, 0], largest).numpy()
    assert top >= 6 and left >= 0 and top + height <= 42 and left + width <= 64
    assert height >= max(1, round(36 * (1 - largest)) - 1)
    assert width >= max(1, round(64 * (1 - largest)) - 1)


def test_no_crop_keeps_everything():
    np.testing.assert_array_equal(crop.window(BOX, [1, 2], 0.0), BOX)
    image = tf.random.stateless_uniform([48, 64, 3], [1, 2]) * tf.cast(
        batches._box_mask(BOX, 48, 64), tf.float32
    )
    np.testing.assert_allclose(crop.pixels(image, BOX, BOX), image, atol=1e-6)


def test_a_spot_and_its_point_move_together():
    kept = tf.constant([10, 20, 18, 32])  # half of the box
    spot = np.zeros((48, 64, 1), np.float32)
    spot[18:20, 30:32] = 1  # around (31, 19)
    points = tf.constant([[31.0, 19.0], [5.0, 19.0], [51.9, 27.9], [52.1, 19.0]])
    moved, weights, sigma = crop.points(points, tf.ones(4), 1.5, BOX, kept)
    np.testing.assert_allclose(moved[0], [(31 - 20) * 2, (19 - 10) * 2 + 6])
    np.testing.assert_array_equal(weights, [1, 0, 1, 0])
    assert sigma == 3
    image = crop.pixels(tf.constant(spot), BOX, kept).numpy()[..., 0]
    y, x = np.mgrid[0:48, 0:64] + 0.5
    np.testing.assert_allclose((image * x).sum() / image.sum(), moved[0, 0], atol=1e-3)
    np.testing.assert_allclose((image * y).sum() / image.sum(), moved[0, 1], atol=1e-3)
    assert not image[:6].any() and not image[42:].any()


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(st.integers(0, 2**30), st.integers(0, 63), st.integers(0, 35))
def test_a_dot_lands_on_its_points_cell_in_any_crop(seed, x, y):
    kept = crop.window(BOX, [seed, 0], 0.6)
    dot = np.zeros((48, 64, 1), np.float32)
    dot[6 + y, x] = 1
    point = tf.constant([[x + 0.5, 6 + y + 0.5]])
    (moved,), (weight,), _ = (np.asarray(v) for v in crop.points(point, tf.ones(1), 1.0, BOX, kept))
    image = crop.pixels(tf.constant(dot), BOX, kept).numpy()[..., 0]
    assert weight == (image.max() > 0)
    if weight:
        # Enlarging repeats the border: cells beside a dot there show a little more than its own.
        top, left, height, width = kept.numpy()
        share_x = 1 if left < x < left + width - 1 else 1 - 0.5 * width / 64
        share_y = 1 if top < 6 + y < top + height - 1 else 1 - 0.5 * height / 36
        own = image[int(moved[1]), int(moved[0])]
        assert own >= 0.999 * share_x * share_y * image.max()


def test_cropped_batches_are_whole_densities_of_the_points_left(data_dir):
    drawn = canvases.load("fixation_table/drawn", "train", data_dir, (48, 64))
    plain = batches.Augmentation(mirror=False, photometric=0.0, crop=0.5)
    cropped = list(batches.training(drawn, order.Epochs(4, 4, seed=1), plain).as_numpy_iterator())
    counts = np.concatenate([batch["fixations"].sum(axis=(1, 2, 3)) for batch in cropped])
    assert counts.min() < 12 and counts.max() == 12
    for batch in cropped:
        sums = batch["density"].sum(axis=(1, 2, 3))
        np.testing.assert_allclose(sums, 1, rtol=1e-5)
        np.testing.assert_array_equal(batch["valid"], batch["fixations"].sum(axis=(1, 2, 3)) > 0)
        assert not np.any(batch["density"] * (1 - batch["mask"]))
        # The disc that everybody looked at is bright where the density is high.
        peaks = batch["density"].reshape(4, -1).argmax(axis=1)
        bright = batch["image"].max(axis=-1).reshape(4, -1)[np.arange(4), peaks]
        assert np.all(bright[batch["valid"] > 0] > 125)  # the ground is 120 at most
