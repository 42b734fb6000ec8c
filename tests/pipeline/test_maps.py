"""Sets of saliency maps: the map is the density, over the photo, and mixes with other sets."""

import dataclasses

import numpy as np
import pytest

from salnet_tf.pipeline import batches, canvases, order

SIZE = (48, 64)
PLAIN = batches.Augmentation(mirror=False, photometric=0.0)


@pytest.fixture(scope="module")
def maps(map_data_dir):
    return canvases.load("map_folder/drawn", "train", map_data_dir, SIZE)


def centres(density):
    density = np.asarray(density)[..., 0]
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    return np.stack([(density * axis).sum((1, 2)) for axis in (columns, rows)], axis=-1)


def discs(images):
    """Where each photo's disc of (red, green, blue) 250, 220, 40 is, x and y."""
    yellow = (images[..., 0] > 180) & (images[..., 2] < 90)
    return np.array([np.argwhere(one).mean(0)[::-1] + 0.5 for one in yellow])


def test_the_map_is_the_density_where_the_photo_is(maps):
    batch = next(batches.evaluation(maps, 8).as_numpy_iterator())
    np.testing.assert_allclose(batch["density"].sum((1, 2, 3)), 1, rtol=1e-5)
    assert not np.any(batch["density"] * (1 - batch["mask"]))
    assert np.all(batch["valid"] == 1) and not np.any(batch["fixations"])
    np.testing.assert_allclose(centres(batch["density"]), discs(batch["image"]), atol=1.5)


def test_a_crop_keeps_the_map_on_its_photo(maps):
    cropped = dataclasses.replace(PLAIN, crop=0.3)
    for batch in batches.training(maps, order.Epochs(2, 8, seed=0), cropped).as_numpy_iterator():
        np.testing.assert_allclose(batch["density"].sum((1, 2, 3)), 1, rtol=1e-5)
        seen = [np.any((i[..., 0] > 180) & (i[..., 2] < 90)) for i in batch["image"]]
        peaks = batch["density"].reshape(8, -1).argmax(1)
        for image, peak, there in zip(batch["image"], peaks, seen, strict=True):
            if there:
                x, y = discs(image[None])[0]
                assert abs(peak % SIZE[1] - x) < 8 and abs(peak // SIZE[1] - y) < 8


def test_sets_of_both_kinds_mix_and_fixations_stay_as_they_were(maps, data_dir):
    table = canvases.load("fixation_table/drawn", "train", data_dir, SIZE)
    alone = next(batches.evaluation(table, 16).as_numpy_iterator())
    both = canvases.concatenate([table, maps])
    mixed = next(batches.evaluation(both, 24).as_numpy_iterator())
    np.testing.assert_array_equal(mixed["density"][:16], alone["density"])
    of_maps = next(batches.evaluation(maps, 8).as_numpy_iterator())
    np.testing.assert_array_equal(mixed["density"][16:], of_maps["density"])
