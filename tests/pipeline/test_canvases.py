import dataclasses

import numpy as np
import pytest

from salnet_tf.pipeline import canvases


@pytest.fixture(scope="module")
def drawn(data_dir):
    return canvases.load("fixation_table/drawn", "train", data_dir, (48, 64))


def test_arrays_agree_in_their_first_axis(drawn):
    assert len(drawn) == 16 and drawn.images.shape == (16, 48, 64, 3)
    assert drawn.points.shape == (16, 12, 2) and drawn.weights.sum() == 16 * 12


def test_points_lie_on_the_bright_disc(drawn):
    """Image warp and point warp agree: the fixated pixels are the disc's colour."""
    for image, points in zip(drawn.images, drawn.points, strict=True):
        x, y = np.median(points, axis=0).astype(int)
        red, _, blue = image[y, x].astype(int)
        assert red > 200 and blue < 90


def test_padding_is_black_and_outside_the_box(drawn):
    top, left, height, width = drawn.boxes[1]  # portrait 90x60 on 48x64
    assert (top, height) == (0, 48) and left == (64 - width) // 2
    assert not drawn.images[1][:, :left].any() and drawn.images[1][:, left].any()


def test_sigma_shrinks_with_the_image(drawn):
    assert drawn.sigmas[0] == pytest.approx(0.03 * 80 * 48 / 60, rel=1e-3)


def test_concatenated_tables_pad_their_points(drawn):
    narrow = canvases.ImageSet(
        "narrow",
        drawn.image_ids[:2],
        drawn.images[:2],
        drawn.boxes[:2],
        drawn.points[:2, :3],
        drawn.weights[:2, :3],
        drawn.sigmas[:2],
    )
    both = canvases.concatenate([narrow, drawn])
    assert len(both) == 18 and both.points.shape == (18, 12, 2)
    assert both.weights[0].sum() == 3 and both.dataset == "narrow+fixation_table/drawn"


def test_fingerprint_tells_data_apart(drawn):
    other = canvases.ImageSet(**{**vars(drawn), "sigmas": drawn.sigmas * 2})
    assert canvases.fingerprint(drawn) != canvases.fingerprint(other)
    assert canvases.source_fingerprint(drawn) != canvases.source_fingerprint(other)


def test_the_fingerprint_of_the_source_is_that_of_photos_not_of_how_they_lie(drawn, data_dir):
    files = canvases.load("fixation_table/drawn", "train", data_dir, (48, 64), memory=1000)
    assert files.encoded
    assert canvases.source_fingerprint(files) == canvases.source_fingerprint(drawn)
    other = dataclasses.replace(drawn, digests=drawn.digests + 1)
    assert canvases.source_fingerprint(other) != canvases.source_fingerprint(drawn)
