"""Soft targets: kept over the photo, laid on any canvas, mixed with the fixations' density."""

import dataclasses

import cv2
import numpy as np
import pytest

from salnet_tf.images import decode, geometry
from salnet_tf.pipeline import batches, canvases, order
from salnet_tf.training import data as data_lib
from salnet_tf.training import soft_targets, storage

CANVAS = (48, 64)
PLAIN = batches.Augmentation(mirror=False, photometric=0.0)


def blob(size, x, y, sigma):
    """Gaussian logits at the relative place (x, y), sigma relative to the width."""
    rows, columns = (np.arange(n) + 0.5 for n in size)
    squared = (rows[:, None] - y * size[0]) ** 2 + (columns - x * size[1]) ** 2
    return -squared / (2 * (sigma * size[1]) ** 2)


def make_images(count=4):
    """Photos of 30x64 in a canvas of 48x64: padding above and below."""
    generator = np.random.default_rng(0)
    return canvases.ImageSet(
        "drawn",
        [f"{i}.png" for i in range(count)],
        generator.integers(0, 255, (count, *CANVAS, 3), np.uint8),
        np.tile(np.array([9, 0, 30, 64], np.int32), (count, 1)),
        np.tile(np.array([[16.0, 24.0]], np.float32), (count, 1, 1)),
        np.ones((count, 1), np.float32),
        np.full(count, 4.0, np.float32),
    )


def make_targets(images):
    placement = geometry.place((300, 640), CANVAS)
    logits = np.zeros(CANVAS, np.float32)
    placement.crop(logits)[:] = blob((30, 64), 0.75, 0.5, 0.06)
    grid = soft_targets.photo_grid(logits, placement)
    count = len(images)
    return soft_targets.SoftTargets(
        images.image_ids, np.stack([grid] * count), np.zeros(count, np.uint32)
    )


def first_batch(images):
    return next(iter(batches.evaluation(images, 2)))


def centre_of_mass(density):
    density = np.asarray(density)[..., 0]
    return [
        (density.sum(axis) * (np.arange(density.shape[1 - axis]) + 0.5)).sum() for axis in (0, 1)
    ]


def test_no_tensor_is_of_float16_and_no_number_changes():
    """oneDNN logs an error for such a tensor on processors without AVX512."""
    images = make_images()
    images = soft_targets.soften(images, make_targets(images), 0.5)
    tensors = canvases.as_tensors(images)
    assert images.soft.dtype == np.float16
    assert all(tensor.dtype != np.float16 for tensor in tensors.values())
    np.testing.assert_array_equal(
        canvases.from_half(tensors["soft"]), images.soft.astype(np.float32)
    )


def test_the_photo_grid_is_a_density_over_the_photo():
    placement = geometry.place((600, 400), (240, 320))
    canvas = blob((240, 320), 0.5, 0.25, 0.1)
    grid = soft_targets.photo_grid(canvas, placement).astype(np.float64)
    assert grid.shape == soft_targets.GRID
    assert np.exp(grid).sum() == pytest.approx(1, abs=5e-3)
    own = geometry.canvas_to_density(canvas, placement)
    expected = cv2.resize(own, soft_targets.GRID[::-1], interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(np.exp(grid), expected / expected.sum(), atol=2e-5)


def test_the_share_mixes_teacher_and_fixations():
    images = make_images()
    batch = {
        share: first_batch(soft_targets.soften(images, make_targets(images), share))
        for share in (0.0, 0.25, 1.0)
    }
    for share, made in batch.items():
        np.testing.assert_allclose(np.sum(made["density"], axis=(1, 2, 3)), 1, rtol=1e-5)
        assert np.all(np.asarray(made["density"])[np.asarray(made["mask"]) == 0] == 0), share
    np.testing.assert_allclose(batch[0.0]["density"], first_batch(images)["density"], atol=1e-7)
    np.testing.assert_allclose(centre_of_mass(batch[1.0]["density"][0]), (48, 24), atol=0.2)
    mixed = 0.25 * batch[1.0]["density"] + 0.75 * batch[0.0]["density"]
    np.testing.assert_allclose(batch[0.25]["density"], mixed, atol=1e-7)


def test_a_photo_that_nobody_looked_at_has_the_teacher_alone():
    images = make_images()
    images = dataclasses.replace(images, weights=np.zeros_like(images.weights))
    soft = soft_targets.soften(images, make_targets(images), 0.25)
    teacher = soft_targets.soften(images, make_targets(images), 1.0)
    np.testing.assert_array_equal(first_batch(soft)["density"], first_batch(teacher)["density"])
    assert np.all(first_batch(soft)["valid"] == 1) and not np.any(first_batch(images)["valid"])


def test_temperature_flattens():
    images = make_images()
    peaks = [
        float(
            np.max(
                first_batch(soft_targets.soften(images, make_targets(images), 1.0, t))["density"][0]
            )
        )
        for t in (0.5, 1.0, 2.0)
    ]
    assert peaks[0] > 1.5 * peaks[1] > 2 * peaks[2]


def test_mirrored_photos_have_mirrored_densities():
    images = make_images()
    softened = soft_targets.soften(images, make_targets(images), 1.0)
    mirror = batches.Augmentation(mirror=True, photometric=0.0)
    x = [
        centre_of_mass(density)[0]
        for batch in batches.training(softened, order.Epochs(8, 2, seed=0), mirror)
        for density in batch["density"]
    ]
    assert sorted({round(value) for value in x}) == [16, 48]


def test_densities_are_kept_in_a_file(tmp_path):
    targets = make_targets(make_images())
    soft_targets.save(tmp_path / "new" / soft_targets.file_name("fixation_table/osie"), targets)
    loaded = soft_targets.load(str(tmp_path / "new"), "fixation_table/osie")
    assert loaded.image_ids == targets.image_ids
    np.testing.assert_array_equal(loaded.log_densities, targets.log_densities)
    with pytest.raises(ValueError, match="No teacher densities for synthetic"):
        soft_targets.load(str(tmp_path), "synthetic")


def test_a_photo_without_density_is_named():
    images = make_images()
    targets = make_targets(dataclasses.replace(images, image_ids=["0.png", "a", "b", "c"]))
    with pytest.raises(ValueError, match=r"lack 3 of 4 photos. Received: '1.png'"):
        soft_targets.soften(images, targets, 1.0)


def test_the_density_of_another_photo_of_the_name_is_refused():
    images = dataclasses.replace(make_images(), digests=np.arange(4, dtype=np.uint32))
    targets = make_targets(images)
    targets.digests[:] = images.digests
    assert soft_targets.soften(images, targets, 1.0).soft.shape == (4, *soft_targets.GRID)
    targets.digests[2] = 7
    with pytest.raises(ValueError, match=r"another photo of this name.* Received: drawn/2\.png$"):
        soft_targets.soften(images, targets, 1.0)


def test_a_folder_of_photos_learns_from_the_teacher_alone(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(data_lib.logging, "warning", lambda *args: said.append(args))
    for name in ("0.png", "1.png", "unseen.png"):
        cv2.imwrite(str(tmp_path / name), np.full((300, 640, 3), 200, np.uint8))
    targets = make_targets(make_images())
    with pytest.raises(ValueError, match=r"another photo of this name.* Received: .*/0\.png"):
        data_lib.unlabelled(tmp_path, targets, CANVAS)
    targets.digests[:] = decode.digest((tmp_path / "0.png").read_bytes())
    images = data_lib.unlabelled(tmp_path, targets, CANVAS)
    assert images.image_ids == ["0.png", "1.png"]
    assert (said[-1][0] % said[-1][1:]).startswith("1 of 3 photos in ")
    batch = first_batch(images)
    assert np.all(np.asarray(batch["valid"]) == 1)
    assert np.sum(batch["fixations"]) == 0
    np.testing.assert_allclose(centre_of_mass(batch["density"][1]), (48, 24), atol=0.2)
    monkeypatch.setattr(data_lib.free_memory, "free", lambda: 0)
    files = data_lib.unlabelled(tmp_path, targets, CANVAS)
    assert files.encoded and not images.encoded
    np.testing.assert_array_equal(first_batch(files)["image"], batch["image"])
    monkeypatch.undo()
    both = canvases.concatenate([soft_targets.soften(make_images(), targets, 0.5), images])
    assert len(both.soft) == 6
    np.testing.assert_array_equal(both.shares, [0.5] * 4 + [1.0] * 2)


def test_an_image_without_fixations_is_not_valid():
    images = make_images()
    images.weights[1] = 0
    np.testing.assert_array_equal(first_batch(images)["valid"], [1, 0])


def test_damaged_and_broken_densities_are_refused(tmp_path):
    targets = make_targets(make_images())
    path = tmp_path / soft_targets.file_name("a/b/")
    assert path.name == "a-b.npz"
    soft_targets.save(path, targets)
    assert soft_targets.load(tmp_path, "a/b").image_ids == targets.image_ids
    whole = path.read_bytes()
    for size in (0, 10, len(whole) // 2):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"damaged one\. Received: .*a-b\.npz"):
            soft_targets.load(tmp_path, "a/b")
    targets.log_densities[0, 0, 0] = np.nan
    soft_targets.save(path, targets)
    with pytest.raises(ValueError, match=r"must be finite\. Received: .*a-b\.npz"):
        soft_targets.load(tmp_path, "a/b")


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no photo"):
        storage.photos(tmp_path)
