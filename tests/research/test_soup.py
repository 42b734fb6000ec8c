"""An average is the mean of networks of one kind."""

import dataclasses

import keras
import numpy as np
import pytest

from research import soup
from salnet_tf.models import salnet

SIZE = (48, 64)


def saved(config, path, size=SIZE):
    model = salnet.build_salnet(config, size)
    model.save(path)
    return model


def gone_on(model, path, seed):
    """The network after some training: every number of it a little changed."""
    random = np.random.default_rng(seed)
    changed = salnet.build_salnet(model.config, SIZE)
    changed.set_weights(
        [w * random.uniform(0.7, 1.3, w.shape).astype(w.dtype) for w in model.get_weights()]
    )
    changed.save(path)
    return changed


@pytest.mark.slow
def test_it_is_the_mean(tmp_path, tiny_config):
    names = [str(tmp_path / f"{i}.keras") for i in range(3)]
    start = saved(tiny_config, names[0])
    models = [start, *(gone_on(start, name, i) for i, name in enumerate(names[1:]))]
    path = str(tmp_path / "soup.keras")
    made = soup.average_file(names, path)
    assert made.config == tiny_config
    for mean, *each in zip(made.get_weights(), *(m.get_weights() for m in models), strict=True):
        np.testing.assert_allclose(mean, np.mean(each, axis=0), rtol=1e-5, atol=1e-7)
    over = soup.average_file([path, names[0]], path)
    for mean, *each in zip(*(m.get_weights() for m in (over, made, start)), strict=True):
        np.testing.assert_allclose(mean, np.mean(each, axis=0), rtol=1e-5, atol=1e-7)


@pytest.mark.slow
def test_what_does_not_mix_is_refused(tmp_path, tiny_config):
    one, other, large = (str(tmp_path / f"{n}.keras") for n in ("one", "other", "large"))
    saved(tiny_config, one)
    saved("salnet_small", other)
    saved(tiny_config, large, (96, 128))
    calibrated = str(tmp_path / "calibrated.keras")
    saved(dataclasses.replace(tiny_config, calibrated=True), calibrated)
    seed, broken = str(tmp_path / "seed.keras"), str(tmp_path / "broken.keras")
    model = saved(tiny_config, seed)
    model.set_weights([np.full_like(weight, np.inf) for weight in model.get_weights()])
    model.save(broken)
    path = str(tmp_path / "soup.keras")
    for names, said in (
        ([one], "two networks or more. Received: .*one"),
        ([one, other], "Received: .*other"),
        ([one, large], "Received: .*large"),
        ([one, calibrated], "SalNets without calibration. Received: .*calibrated"),
        ([one, one], "Each network comes once. Received: .*one"),
        (
            [one, seed],
            "started from different weights .* Received: .*one.* and .*seed.* by -?0.[01]",
        ),
        ([one, broken], "must be finite. Received: .*broken"),
        ([one, str(tmp_path / "no.keras")], "A model is a preset.* Received: .*no.keras"),
    ):
        with pytest.raises(ValueError, match=said):
            soup.average_file(names, path)
    with pytest.raises(ValueError, match=r"to a .keras file. Received: 'soup'"):
        soup.average_file([one, seed], "soup")
    assert not (tmp_path / "soup.keras").exists()
    for what in ("sharpness", "centring"):
        for factor in (0.0, np.nan, np.inf):
            with pytest.raises(ValueError, match=rf"{what} must be above 0 .* Received: {factor}"):
                soup.average_file([one], path, **{what: factor})


@pytest.mark.parametrize(("gaussians", "tolerance"), [(0, 1e-5), (1, 1e-5), (8, 0.1)])
def test_sharpness_multiplies_the_logits(tmp_path, tiny_config, gaussians, tolerance):
    config = dataclasses.replace(tiny_config, prior_gaussians=gaussians)
    model = saved(config, tmp_path / "a.keras")
    sharp = soup.average_file([str(tmp_path / "a.keras")], str(tmp_path / "b.keras"), sharpness=1.2)
    image = np.random.default_rng(0).uniform(0, 255, (1, *SIZE, 3)).astype(np.float32)
    expected, made = (np.asarray(m(image, training=False)) for m in (model, sharp))
    difference = made - 1.2 * expected  # logits count up to a constant
    assert np.ptp(difference) <= tolerance * np.ptp(expected)


def test_centring_multiplies_the_prior_alone(tmp_path, tiny_config):
    config = dataclasses.replace(tiny_config, prior_gaussians=1)
    model = saved(config, tmp_path / "a.keras")
    centred = soup.average_file(
        [str(tmp_path / "a.keras")], str(tmp_path / "b.keras"), centring=1.4
    )
    image = np.random.default_rng(0).uniform(0, 255, (1, *SIZE, 3)).astype(np.float32)
    before, after = (np.asarray(m(image, training=False)) for m in (model, centred))
    prior = np.asarray(model.get_layer("centre_prior").log_prior())
    assert np.ptp(prior) > 0.1
    difference = (
        after
        - before
        - 0.4 * np.asarray(keras.ops.image.resize(prior, SIZE, interpolation="bilinear"))
    )
    assert np.ptp(difference) < 0.05 * np.ptp(prior)


def test_there_is_nothing_to_centre_without_a_prior(tmp_path, tiny_config):
    saved(dataclasses.replace(tiny_config, prior_gaussians=0), tmp_path / "a.keras")
    with pytest.raises(ValueError, match=r"needs a centre prior. Received: .*a.keras"):
        soup.average_file([str(tmp_path / "a.keras")], str(tmp_path / "b.keras"), centring=1.4)
