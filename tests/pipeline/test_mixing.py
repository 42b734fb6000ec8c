"""Several sets in one epoch, sets read in parts, sets too large for memory, sigmas by set."""

import dataclasses
import json
import pathlib
import shutil

import numpy as np
import pytest

from salnet_tf.images import decode
from salnet_tf.pipeline import batches, canvases, free_memory, order, prepared

NAME, SIZE = "fixation_table/drawn", (48, 64)
PLAIN = batches.Augmentation(mirror=False, photometric=0.0)
EPOCHS = order.Epochs(2, batch_size=4, seed=1)


@pytest.fixture(scope="module")
def drawn(data_dir):
    return canvases.load(NAME, "train", data_dir, SIZE)


def _arrays(dataset):
    return list(dataset.as_numpy_iterator())


def test_weights_are_shares_of_every_epoch(drawn, data_dir):
    other = canvases.load(NAME, "validation", data_dir, SIZE)
    mixed = canvases.concatenate([drawn, other], mixing=(1, 3))
    assert len(mixed) == 20
    np.testing.assert_allclose(mixed.chances[:16].sum(), 5, rtol=1e-6)
    for epoch in range(5):
        visits = order.epoch_order(20, 0, epoch, mixed.chances)
        assert len(visits) == 20
        counts = np.bincount(visits, minlength=20)
        assert counts[16:].sum() == 15 and set(counts[:16]) <= {0, 1}
        assert set(counts[16:]) <= {3, 4}
    assert list(visits) != list(order.epoch_order(20, 0, 0, mixed.chances))


def test_equal_chances_take_every_image_once():
    visits = order.epoch_order(50, 3, 1, np.ones(50, np.float32))
    assert sorted(visits) == list(range(50))


def test_an_image_that_comes_twice_is_augmented_in_two_ways(drawn, data_dir):
    one = dataclasses.replace(canvases.load(NAME, "validation", data_dir, SIZE))
    mixed = canvases.concatenate([drawn, one], mixing=(1, 3))
    bright = batches.Augmentation(mirror=False, photometric=1.0)
    made = np.concatenate(
        [b["image"] for b in _arrays(batches.training(mixed, order.Epochs(1, 4, seed=0), bright))]
    )
    visits = order.epoch_order(20, 0, 0, mixed.chances)
    twice = np.flatnonzero(visits == np.bincount(visits).argmax())
    assert np.abs(made[twice[0]] - made[twice[1]]).max() > 1


@pytest.mark.parametrize("mixing", [(1,), (1, 0), (1, 2, 3)])
def test_weights_that_cannot_be(drawn, mixing):
    with pytest.raises(ValueError, match="a weight above 0 for each of 2 sets"):
        canvases.concatenate([drawn, drawn], mixing=mixing)


def test_times_before():
    assert order.times_before(np.array([3, 1, 3, 3, 1])).tolist() == [0, 0, 1, 2, 1]


def test_canvases_laid_together_are_shared_with_tensorflow(drawn):
    """Not copied: of ten thousands of canvases, every copy is gigabytes."""
    whole = canvases.concatenate([drawn, drawn])
    tensor = canvases.as_tensors(whole)["images"]
    np.testing.assert_array_equal(tensor, np.concatenate([drawn.images, drawn.images]))
    whole.images[0, 0, 0, 0] ^= 255
    assert tensor[0, 0, 0, 0].numpy() == whole.images[0, 0, 0, 0]


def test_a_set_too_large_for_memory_gives_the_same_batches(drawn, data_dir):
    large = canvases.load(NAME, "train", data_dir, SIZE, memory=1000)
    assert large.encoded and not drawn.encoded
    assert canvases.fingerprint(large) != canvases.fingerprint(drawn)
    for small, again in zip(
        _arrays(batches.training(drawn, EPOCHS, PLAIN)),
        _arrays(batches.training(large, EPOCHS, PLAIN)),
        strict=True,
    ):
        for name, value in small.items():
            np.testing.assert_array_equal(value, again[name])


def test_large_and_small_sets_mix(drawn, data_dir):
    large = canvases.load(NAME, "train", data_dir, SIZE, memory=1000)
    mixed = canvases.concatenate([large, drawn])
    assert mixed.encoded and len(mixed) == 32
    made = np.concatenate([b["image"] for b in _arrays(batches.evaluation(mixed, 4))])
    np.testing.assert_array_equal(made[:16], made[16:])
    assert canvases.fingerprint(mixed) != canvases.fingerprint(large)


def test_sets_that_fit_one_by_one_but_not_together_are_kept_as_files(drawn, monkeypatch):
    monkeypatch.setattr(free_memory, "free", lambda: 3 * drawn.images.nbytes)
    assert not canvases.concatenate([drawn]).encoded
    both = canvases.concatenate([drawn, drawn])
    assert both.encoded
    whole = canvases.concatenate([drawn]), both
    plain, kept = (_arrays(batches.evaluation(t, 16))[0]["image"] for t in whole)
    np.testing.assert_array_equal(plain, kept)


@pytest.mark.parametrize(("limit", "free"), [("1000000\n", 650_000), ("max\n", None)])
def test_memory_is_that_of_the_container(tmp_path, monkeypatch, limit, free):
    (tmp_path / "limit").write_text(limit)
    (tmp_path / "used").write_text("400000\n")
    (tmp_path / "memory.stat").write_text("file 90000\ninactive_file 50000\n")
    monkeypatch.setattr(free_memory, "CONTAINERS", ())
    machine = free_memory.free()
    monkeypatch.setattr(free_memory, "CONTAINERS", ((tmp_path, "limit", "used", "inactive_file"),))
    assert free_memory.free() == free if free else free_memory.free() > machine / 2


def test_shards_are_read_once_each_and_of_one_size(data_dir, drawn):
    shards = [canvases.load(NAME, "train", data_dir, SIZE, shard=(i, 3)) for i in range(3)]
    assert [len(shard) for shard in shards] == [5, 5, 5]
    seen = [image_id for shard in shards for image_id in shard.image_ids]
    assert len(set(seen)) == 15 and set(seen) < set(drawn.image_ids)


def test_workers_of_shards_make_equal_parts_of_every_batch(data_dir):
    whole = []
    for worker in (0, 1):
        shard = canvases.load(NAME, "train", data_dir, SIZE, shard=(worker, 2))
        share = order.Share(worker, 2, sharded=True)
        made = _arrays(batches.training(shard, EPOCHS, PLAIN, share=share))
        assert len(made) == 8 and made[0]["image"].shape[0] == 2
        resumed = _arrays(batches.training(shard, EPOCHS, PLAIN, 3, share))
        np.testing.assert_array_equal(resumed[0]["image"], made[3]["image"])
        whole += [image.tobytes() for batch in made[:4] for image in batch["image"]]
    assert len(set(whole)) == 16  # one epoch: every image once, by one worker


def test_sigma_in_pixels_or_degrees(data_dir, tmp_path):
    own = canvases.load(NAME, "train", data_dir, SIZE)
    pixels = canvases.load(NAME, "train", data_dir, SIZE, sigma="8px")
    with pytest.raises(ValueError, match="does not state its pixels per degree"):
        canvases.load(NAME, "train", data_dir, SIZE, sigma="1deg")
    shutil.copytree(data_dir, tmp_path / "copy")
    path = next(pathlib.Path(tmp_path / "copy").rglob("metadata.json"))
    path.write_text(json.dumps({**json.loads(path.read_text()), "pixels_per_degree": 4}))
    degrees = canvases.load(NAME, "train", str(tmp_path / "copy"), SIZE, sigma="2deg")
    np.testing.assert_array_equal(degrees.sigmas, pixels.sigmas)
    assert np.any(own.sigmas != pixels.sigmas)
    photos = [decode.decode_photo(e.image) for e in prepared.examples(NAME, "train", data_dir)]
    scales = np.mean(own.boxes[:, 2:] / [image.shape[:2] for image in photos], axis=1)
    np.testing.assert_allclose(pixels.sigmas, 8 * scales, rtol=1e-6)


@pytest.mark.parametrize("text", ["8", "px", "0px", "1 degree", "-3px"])
def test_sigmas_that_are_none(data_dir, text):
    with pytest.raises(ValueError, match=r"sigma must be like 24px or 1deg\. Received: "):
        canvases.load(NAME, "train", data_dir, SIZE, sigma=text)
