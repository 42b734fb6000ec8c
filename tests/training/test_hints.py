"""A teacher's features as hints: what is kept of them, and a student that learns them."""

import dataclasses

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf

from salnet_tf.images import geometry
from salnet_tf.models import presets, salnet
from salnet_tf.objectives import losses
from salnet_tf.pipeline import canvases
from salnet_tf.training import config as config_lib
from salnet_tf.training import distillation, hints, initialisation, loop

SET = "fixation_table/drawn"
SIZE = (64, 96)


@pytest.fixture
def distilled(small_teacher, tmp_path, data_dir):
    """A folder of the teacher's densities and hints."""
    config = distillation.DistillConfig(
        (str(tmp_path / "teacher.keras"),),
        str(tmp_path / "soft"),
        datasets=(SET,),
        data_dir=data_dir,
        hints=5,
    )
    distillation.distill(config)
    return config


def test_hints_of_another_number_of_channels_are_refused(distilled):
    with pytest.raises(ValueError, match=r"has hints of 5 channels\. Received: 3"):
        distillation.distill(dataclasses.replace(distilled, hints=3))


def test_the_basis_keeps_the_largest_components():
    random = np.random.default_rng(0)
    sources = random.normal(size=(4000, 3)) * (5, 2, 0.01)
    features = sources @ np.linalg.qr(random.normal(size=(3, 3)))[0] + 7
    basis = hints.find_basis(features.astype(np.float32), 2)
    made = basis.apply(features).astype(np.float32)
    np.testing.assert_allclose(made.mean(0), 0, atol=0.01)
    assert np.mean(made.var(0)) == pytest.approx(1, rel=0.01)
    assert made[:, 0].var() / made[:, 1].var() == pytest.approx(5 / 2, rel=0.05)
    for channel, source in enumerate(sources.T[:2]):
        assert abs(np.corrcoef(made[:, channel], source)[0, 1]) > 0.999
    with pytest.raises(
        ValueError, match=r"hints must be 1..3, the teacher's features. Received: 4"
    ):
        hints.find_basis(features, 4)


def test_features_cover_the_photo_and_not_its_padding():
    """Means over the photo's grid of a ramp over the canvas."""
    placement = geometry.place((40, 80), (64, 96))  # 48 rows of photo in 64
    y, x = np.mgrid[0:8, 0:12] + 0.5
    ramp = np.stack([y * 8, x * 8], axis=-1).astype(np.float32)
    grid = hints._over_photo(ramp, placement)
    assert grid.shape == (15, 20, 2)
    np.testing.assert_allclose(grid.mean((0, 1)), [32, 48], atol=1e-4)
    assert np.all(np.diff(grid[:, 0, 0]) >= 0) and np.all(np.diff(grid[0, :, 1]) >= 0)
    assert grid[0, 0, 0] >= placement.top and grid[-1, 0, 0] <= placement.top + placement.height


def test_kept_hints_are_the_readouts_merged_features(small_teacher, distilled):
    store = hints.Store(distilled.output_dir)
    ids = list(store.digests(SET))
    assert len(ids) == 16
    photo = np.random.default_rng(1).integers(0, 255, (64, 96, 3)).astype(np.uint8)
    (over_photo,) = hints.extractor(small_teacher)({"new": photo})
    features = small_teacher.backbone(photo[None].astype(np.float32))
    each = []
    for readout in small_teacher.readouts:
        merge = keras.Model(readout.inputs[1:3], readout.get_layer("merge16").output)
        each.append(merge(features[1:])[0])
    expected = hints._over_photo(np.concatenate(each, -1), geometry.place((64, 96), SIZE))
    np.testing.assert_allclose(over_photo, expected, atol=1e-4)
    np.testing.assert_allclose(expected.mean((0, 1)), np.concatenate(each, -1).mean((0, 1)), 0.02)
    basis = store.basis()
    kept = store.of(SET, ids[::-1])
    assert kept.shape == (16, 15, 20, 5) and kept.dtype == np.float16
    assert float(np.mean(np.var(kept.astype(np.float32), axis=(0, 1, 2)))) == pytest.approx(1, 0.1)
    assert basis.projection.shape == (32, 5)
    distillation.distill(distilled)  # makes nothing twice
    assert len(store.files(SET)) == 1
    with pytest.raises(ValueError, match=r"hints lack 1 of 1 photos. Received: 'no.png'"):
        store.of(SET, ["no.png"])


def test_the_hints_of_another_photo_of_the_name_are_refused(distilled, data_dir):
    drawn = canvases.load(SET, "train", data_dir, (48, 64))
    assert hints.attach(drawn, distilled.output_dir).hints.shape == (16, 15, 20, 5)
    drawn.digests[3] += 1
    with pytest.raises(ValueError, match=r"another photo of this name.* Received: .*\.png$"):
        hints.attach(drawn, distilled.output_dir)


def test_the_hints_of_a_changed_photo_are_made_again(distilled, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    noise = np.random.default_rng(1).integers(0, 255, (2, 60, 80, 3))
    for name in ("new.png", "same.png"):
        cv2.imwrite(str(photos / name), noise[0])
    config = dataclasses.replace(distilled, datasets=(), unlabelled=(str(photos),))
    distillation.distill(config)
    store, names = hints.Store(distilled.output_dir), ["new.png", "same.png"]
    before = store.of(str(photos), names)
    cv2.imwrite(str(photos / "new.png"), noise[1])
    distillation.distill(config)
    after = store.of(str(photos), names)
    np.testing.assert_array_equal(after[1], before[1])
    assert np.abs(after[0].astype(np.float32) - before[0]).max() > 0.1
    distillation.distill(config)
    assert len(store.files(str(photos))) == 2


def test_a_student_learns_the_hints_and_keeps_no_head(
    distilled, settings, tiny_config, monkeypatch
):
    monkeypatch.setattr(presets, "PRESETS", {**presets.PRESETS, "tiny": tiny_config})
    settings |= {"soft_targets": distilled.output_dir, "hint_weight": 2.0, "epochs": 1}
    settings |= {"datasets": (SET,)}
    loop.train(config_lib.TrainConfig(**settings))
    trained = initialisation.load_model(settings["workdir"])
    assert trained.count_params() == salnet.build_salnet(tiny_config, (48, 64)).count_params()
    (checkpoint,) = {tf.train.latest_checkpoint(settings["workdir"] + "/checkpoints")}
    shapes = [tuple(shape) for _, shape in tf.train.list_variables(checkpoint)]
    width = max(module.filters for module in tiny_config.modules)
    assert (1, 1, width, 5) in shapes
    # Resumed to the end it has nothing left to do, and says so with the same scores.
    assert loop.train(config_lib.TrainConfig(**settings))["step"] == 4


def test_the_loss_adds_the_error_inside_the_photo():
    model = salnet.build_salnet("salnet_small", (48, 64))
    hinted = hints.with_head(model, 3)
    assert hints.stride(model) == 16
    logits, made = hinted(np.zeros((2, 48, 64, 3), np.float32))
    assert made.shape == (2, 3, 4, 3)
    mask = np.zeros((2, 3, 4, 1), np.float32)
    mask[:, 1] = 1
    target = made + np.array([1.0, 0.0, 2.0])
    batch = {"hints": tf.where(mask == 1, target, 99.0), "hint_mask": mask}
    batch |= {"density": np.full((2, 48, 64, 1), 1 / (48 * 64), np.float32)}
    batch |= {"mask": np.ones((2, 48, 64, 1), np.float32)}
    plain = losses.parse("kld:1")
    error = hints.Hinted(plain, 0.3).call(batch, (logits, made)) - plain.call(batch, logits)
    np.testing.assert_allclose(error, [0.3 * 5 / 3] * 2, rtol=1e-5)


def test_what_cannot_be_is_refused(tmp_path, tiny_config, data_dir):
    salnet.build_salnet(tiny_config, (48, 64)).save(tmp_path / "a.keras")
    config = {"output_dir": str(tmp_path / "soft"), "datasets": (SET,), "data_dir": data_dir}
    student = str(tmp_path / "a.keras")
    with pytest.raises(ValueError, match=r"hints come from one teacher. Received: 2"):
        distillation.DistillConfig((student, student), hints=4, **config)
    with pytest.raises(ValueError, match=r"hints come from a teacher's readouts"):
        distillation.distill(distillation.DistillConfig((student,), hints=4, **config))
    assert not (tmp_path / "soft").exists()  # said before anything is run
    with pytest.raises(ValueError, match=r"hint_weight has no effect without soft_targets"):
        config_lib.TrainConfig("w", data_dir, hint_weight=1.0)
    with pytest.raises(ValueError, match=r"No hints for fixation_table/drawn"):
        hints.Store(tmp_path / "empty").of(SET, ["0.png"])
