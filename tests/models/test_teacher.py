"""The teacher network: frozen backbone, several readouts, domains and folds."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from salnet_tf.models import efficientnet_lite, teacher

SIZE = (64, 96)
DATASETS = ["set/a", "set/b"]


def photos(count=2):
    return np.random.default_rng(1).uniform(0, 255, (count, *SIZE, 3)).astype(np.float32)


def make_readout(backbone, seed):
    keras.utils.set_random_seed(seed)
    readout = teacher.build_readout(backbone, len(DATASETS), width=16, thin=8)
    features = backbone(photos(4))
    pairs = [(np.mean(f, (0, 1, 2)), np.var(f, (0, 1, 2))) for f in features]
    teacher.set_statistics(readout, pairs)
    return readout


@pytest.fixture
def model(tiny_backbone):
    backbone = efficientnet_lite.pretrained(tiny_backbone, SIZE)
    readouts = [make_readout(backbone, seed) for seed in range(2)]
    return teacher.build_teacher(backbone, readouts, DATASETS, folds=2, held_out=(0, 1))


def test_it_is_used_like_a_salnet_and_survives_a_file(model, tmp_path):
    logits = np.asarray(model(photos()))
    assert logits.shape == (2, *SIZE, 1) and logits.dtype == np.float32
    assert logits.std() > 0.01
    assert model.image_size == SIZE and model.input_shape == (None, *SIZE, 3)
    model.save(tmp_path / "teacher.keras")
    loaded = keras.saving.load_model(tmp_path / "teacher.keras", compile=False)
    assert isinstance(loaded, teacher.Teacher) and loaded.settings == model.settings
    np.testing.assert_array_equal(loaded(photos()), logits)


def test_a_mirrored_photo_has_mirrored_logits(model):
    mirrored = np.asarray(model(photos()[:, :, ::-1]))
    np.testing.assert_allclose(mirrored[:, :, ::-1], model(photos()), atol=1e-5)


def test_a_look_without_the_mirror_is_half_of_one_with_it(model):
    domain = np.stack([model.domain_of("set/a")] * 2)
    alone, mirrored = (
        np.asarray(model.readout_logits(images, domain, mirror=False))
        for images in (photos(), photos()[:, :, ::-1])
    )
    assert np.abs(alone - mirrored[:, :, ::-1]).max() > 0.01
    both = (alone + mirrored[:, :, ::-1]) / 2
    np.testing.assert_allclose(model.readout_logits(photos(), domain), both, atol=1e-5)


def test_the_output_is_the_mean_of_the_readouts_with_the_mean_prior(model):
    domain = np.stack([model.domain_of("elsewhere")] * 2)
    np.testing.assert_array_equal(domain, np.full((2, 2), 0.5))
    each = np.asarray(model.readout_logits(photos(), domain))
    assert each.shape == (2, 8, 12, 2)
    assert np.abs(each[..., 0] - each[..., 1]).mean() > 0.01
    up = keras.layers.UpSampling2D(8, interpolation="bilinear")
    np.testing.assert_allclose(model(photos()), up(each.mean(-1, keepdims=True)), atol=1e-5)


def test_a_domain_has_its_own_prior_and_sharpness(model):
    for readout in model.readouts:
        prior = readout.get_layer("prior")
        own = np.zeros(prior.own.shape, np.float32)
        own[0] = 3.0
        prior.own.assign(own)
        prior.sharpness.assign([[0.0], [np.log(2.0)]])
    plain, raised, sharp = (
        np.asarray(model.readout_logits(photos(1), np.array([domain], np.float32)))
        for domain in ([0, 0], [1, 0], [0, 1])
    )
    np.testing.assert_allclose(raised, plain + 3, atol=1e-5)
    np.testing.assert_allclose(sharp, 2 * plain, atol=1e-5)


def test_only_readouts_that_never_saw_a_photo_are_asked(model):
    names = [f"{i}.jpg" for i in range(40)]
    for name in names:
        (asked,) = model.readouts_to_ask("set/a", name)
        assert asked == teacher.fold_of("set/a", name, 2)
        assert model.readouts_to_ask("set/c", name) == [0, 1]
    folds = [teacher.fold_of("set/a", name, 5) for name in names]
    assert set(folds) == set(range(5))
    assert folds != [teacher.fold_of("set/b", name, 5) for name in names]


def test_a_photo_that_every_readout_saw_is_shown_to_all(tiny_backbone):
    model = teacher.Teacher(tiny_backbone, SIZE, DATASETS, width=16, thin=8)
    assert model.readouts_to_ask("set/a", "0.jpg") == [0]
    assert not model.backbone.trainable_variables


def test_wrong_sizes_are_refused(tiny_backbone):
    with pytest.raises(ValueError, match=r"multiple of 32. Received: \(64, 80\)"):
        teacher.Teacher(tiny_backbone, (64, 80), DATASETS)


READOUT = """
import keras, tensorflow as tf
from salnet_tf.models import teacher
features = [keras.Input(shape) for shape in ((8, 12, 16), (4, 6, 32), (2, 3, 64))]
backbone = keras.Model(features, [keras.layers.Identity()(x) for x in features])
readout = teacher.build_readout(backbone, 2, width=16, thin=8)
run = tf.function(lambda *x: readout(list(x), training=False), jit_compile=False)
run(*[tf.zeros((1, *x.shape[1:])) for x in readout.inputs])
"""


def test_tensorflow_has_nothing_to_say_of_the_readouts_graph():
    answer = subprocess.run(
        [sys.executable, "-c", READOUT],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    assert "remapper" not in answer.stderr
