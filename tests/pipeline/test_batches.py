import numpy as np
import pytest

from salnet_tf.pipeline import batches, canvases, order

DEFAULT, WHOLE = batches.Augmentation(), order.Share()
PLAIN = batches.Augmentation(mirror=False, photometric=0.0)


@pytest.fixture(scope="module")
def drawn(data_dir):
    return canvases.load("fixation_table/drawn", "train", data_dir, (48, 64))


def stream(drawn, augmentation=DEFAULT, start_step=0, share=WHOLE, **changes):
    epochs = order.Epochs(**{"count": 2, "batch_size": 4, "seed": 1, **changes})
    made = batches.training(drawn, epochs, augmentation, start_step, share)
    return list(made.as_numpy_iterator())


def test_a_batch_is_what_the_contract_says(drawn):
    batch = stream(drawn, augmentation=PLAIN)[0]
    shapes = {name: value.shape for name, value in batch.items()}
    one = (4, 48, 64, 1)
    expected = {"image": (4, 48, 64, 3), "density": one, "fixations": one, "mask": one}
    assert shapes == {**expected, "valid": (4,), "set": (4,)}
    assert all(value.dtype == np.float32 for name, value in batch.items() if name != "set")
    np.testing.assert_allclose(batch["density"].sum(axis=(1, 2, 3)), 1, rtol=1e-5)
    np.testing.assert_array_equal(batch["fixations"].sum(axis=(1, 2, 3)), 12)
    assert not np.any(batch["density"] * (1 - batch["mask"]))


def test_shapes_are_static(drawn):
    dataset = batches.training(drawn, order.Epochs(1, 4, seed=0), PLAIN)
    assert all(spec.shape.is_fully_defined() for spec in dataset.element_spec.values())


def test_each_epoch_is_another_order_of_all_images(drawn):
    first, second = (order.epoch_order(16, 0, epoch) for epoch in (0, 1))
    assert sorted(first) == sorted(second) == list(range(16))
    assert list(first) != list(second)


def test_same_seed_same_batches_other_seed_other_batches(drawn):
    first, again, other = stream(drawn), stream(drawn), stream(drawn, seed=2)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a["image"], b["image"])
    assert any(np.any(a["image"] != b["image"]) for a, b in zip(first, other, strict=True))


def test_resuming_is_skipping(drawn):
    for a, b in zip(stream(drawn)[3:], stream(drawn, start_step=3), strict=True):
        np.testing.assert_array_equal(a["image"], b["image"])


# What earlier code gave (before `order.py` was cut out of `batches.py`): index of the image, ~index
# where it is mirrored.
DRAWN = [
    *(1, -13, -8, 10, -15, -5, 5, 8, -1, -10, 2, -14, 11, -7, -4, 15),
    *(-7, 2, 4, 9, -15, -2, 0, 7, 3, 5, -13, 8, -12, 10, 13, 15),
]
DRAWN_BY_SECOND_WORKER = [5, 8, 2, -14, 4, 9, 0, 7, -13, 8]  # accumulation 3, from batch 1 on


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, DRAWN),
        (
            {"accumulation": 3, "start_step": 1, "share": order.Share(1, 2, replicas=2)},
            DRAWN_BY_SECOND_WORKER,
        ),
    ],
)
def test_a_run_begun_with_earlier_code_goes_on_with_the_same_batches(drawn, changes, expected):
    plain = drawn.images.astype(np.float32)
    versions = {image.tobytes(): i for i, image in enumerate(plain)}
    versions |= {image[:, ::-1].tobytes(): ~i for i, image in enumerate(plain)}
    mirrored = batches.Augmentation(photometric=0.0)
    made = [batch["image"] for batch in stream(drawn, mirrored, **changes)]
    assert [versions[image.tobytes()] for batch in made for image in batch] == expected


def test_workers_share_a_global_batch_without_repeating(drawn):
    whole = stream(drawn)
    shares = [stream(drawn, share=order.Share(worker, 2)) for worker in (0, 1)]
    for batch, left, right in zip(whole, *shares, strict=True):
        joined = np.concatenate([left["image"], right["image"]])
        np.testing.assert_array_equal(batch["image"], joined)


def test_evaluation_covers_every_image_once(drawn):
    made = list(batches.evaluation(drawn, 5).as_numpy_iterator())
    assert len(made) == 4 and sum(batch["valid"].sum() for batch in made) == 16


def test_an_image_without_fixations_is_not_valid(drawn):
    weights = drawn.weights.copy()
    weights[0] = 0
    blind = canvases.ImageSet(**{**vars(drawn), "weights": weights})
    batch = next(batches.evaluation(blind, 4).as_numpy_iterator())
    np.testing.assert_array_equal(batch["valid"], [0, 1, 1, 1])
    assert np.all(np.isfinite(batch["density"]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 17}, "16 images, less than one step.*Received: batch_size 17"),
        ({"share": order.Share(replicas=3)}, "multiple of the number of replicas, 3. Received: 4"),
    ],
)
def test_batches_that_cannot_be(drawn, changes, message):
    with pytest.raises(ValueError, match=message):
        stream(drawn, **changes)


def test_clusters_leave_few_points_that_keep_the_fixations_mass(drawn):
    sparse = batches.Augmentation(mirror=False, photometric=0.0, clusters=2, cluster_radius=6.0)
    batch = stream(drawn, augmentation=sparse)[0]
    points = np.count_nonzero(batch["sparse"], axis=(1, 2, 3))
    assert np.all((points >= 1) & (points <= 2))
    assert np.all(batch["sparse"].sum(axis=(1, 2, 3)) <= 12)
    # The heaviest cluster lies where the density is high.
    for heavy, density in zip(batch["sparse"], batch["density"], strict=True):
        assert density.flat[np.argmax(heavy)] > 0.3 * density.max()
