import numpy as np
import pytest

from salnet_tf.evaluation import centre_bias, gold_standard, spectral_residual, stimuli


def drawn(count, size, spread, rng, observers=4, each=10, centres=None):
    """Stimuli whose fixations are Gaussian about a point, by default the image's middle."""
    made = []
    for k in range(count):
        middle = np.array(size[::-1]) * (0.5 if centres is None else centres[k])
        xy = middle + rng.normal(0, spread, (observers * each, 2)) * size[::-1]
        xy = np.clip(xy, 0, np.array(size[::-1]) - 0.01)
        who = np.repeat(np.arange(observers), each)
        made.append(stimuli.Stimulus(str(k), b"", size, xy, who, 0.03 * max(size)))
    return made


def test_centre_bias_recovers_the_density_it_was_drawn_from():
    rng = np.random.default_rng(0)
    images = drawn(60, (90, 120), 0.15, rng)
    fitted = centre_bias.fit(images)
    density = fitted.density((90, 120))
    y, x = np.indices((90, 120)) + 0.5
    true = np.exp(-((x / 120 - 0.5) ** 2 + (y / 90 - 0.5) ** 2) / (2 * 0.15**2))
    assert density.sum() == pytest.approx(1)
    assert np.abs(density - true / true.sum()).sum() < 0.15
    assert fitted.uniform < 0.05
    assert fitted.at(np.array([[0.5, 0.5]]))[0] > 5 > 1 > fitted.at(np.array([[0.02, 0.02]]))[0]


def test_centre_bias_leaves_the_image_itself_out():
    rng = np.random.default_rng(1)
    images = drawn(5, (60, 80), 0.05, rng, centres=[0.2, 0.5, 0.5, 0.5, 0.5])
    fitted = centre_bias.fit(images)
    with_it, without = fitted.density((60, 80)), fitted.density((60, 80), "0")
    assert with_it[12, 16] > 5 * without[12, 16]
    at = images[0].relative_xy
    assert fitted.at(at).mean() > 5 * fitted.at(at, "0").mean()


def test_centre_bias_of_a_single_image_is_uniform():
    fitted = centre_bias.fit(drawn(1, (60, 80), 0.1, np.random.default_rng(0)))
    np.testing.assert_allclose(fitted.density((60, 80), "0"), 1 / 4800)


def test_mixture_weights_find_the_mixture():
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.normal(0, 0.05, 3000), rng.uniform(-1, 1, 1000)])
    normal = np.exp(-(x**2) / (2 * 0.05**2)) / (0.05 * np.sqrt(2 * np.pi))
    weights = centre_bias.mixture_weights(np.stack([normal, np.full(4000, 0.5)]))
    assert weights == pytest.approx([0.75, 0.25], abs=0.03)


def test_gold_standard_never_sees_the_observer_it_predicts():
    rng = np.random.default_rng(3)
    images = drawn(1, (60, 80), 0.05, rng, observers=2, centres=[0.3])
    stimulus = images[0]
    stimulus.xy[10:] += (40, 20)  # the second observer looks elsewhere
    stimulus.xy[:] = np.clip(stimulus.xy, 0, (79.9, 59.9))
    gold = gold_standard.GoldStandard(1.0, (1.0, 0.0, 0.0), 0.0)
    centre = np.full((60, 80), 1 / 4800)
    pairs = list(gold.densities(stimulus, centre))
    assert [own.sum() for own, _ in pairs] == [10, 10]
    for own, density in pairs:
        assert density.sum() == pytest.approx(1)
        columns, rows = stimulus.xy.astype(int).T
        at = density[rows, columns]
        assert at[own].mean() < 0.05 * at[~own].mean()


def test_gold_standard_chooses_the_kernel_width_by_likelihood():
    rng = np.random.default_rng(4)
    middles = rng.uniform(0.3, 0.7, (12, 2))
    images = drawn(12, (120, 160), 0.04, rng, observers=6, each=8, centres=middles)
    centre = centre_bias.fit(images)
    gold = gold_standard.fit(images, centre)
    assert sum(gold.weights) == pytest.approx(1) and gold.weights[0] > 0.8
    assert 0.3 < gold.bandwidth < 1.5 and gold.bits > 3
    worse = [gold_standard._left_out(s, 4 * gold.bandwidth) for s in images]
    best = [gold_standard._left_out(s, gold.bandwidth) for s in images]
    assert np.log(np.concatenate(best)).mean() > np.log(np.concatenate(worse)).mean()
    # The densities of the maps are those of the choice: the same likelihood to a per cent.
    bits = []
    for stimulus in images:
        for own, density in gold.densities(
            stimulus, centre.density(stimulus.size, stimulus.image_id)
        ):
            columns, rows = stimulus.xy[own].astype(int).T
            bits.append(np.log2(density[rows, columns] * density.size))
    assert np.concatenate(bits).mean() == pytest.approx(gold.bits, rel=0.01)


def test_a_lone_observer_is_predicted_by_the_centre_bias():
    stimulus = drawn(1, (60, 80), 0.1, np.random.default_rng(0), observers=1)[0]
    centre = np.random.default_rng(1).random((60, 80))
    centre /= centre.sum()
    gold = gold_standard.GoldStandard(1.0, (0.5, 0.5, 0.0), 0.0)
    ((own, density),) = gold.densities(stimulus, centre)
    assert own.all()
    np.testing.assert_allclose(density, centre)


def test_spectral_residual_finds_the_odd_one_out():
    rng = np.random.default_rng(0)
    image = np.full((120, 160, 3), 128, np.uint8)
    image[::8] = 100
    image[50:62, 90:102] = rng.integers(0, 255, (12, 12, 3))
    saliency = spectral_residual.saliency(image)
    assert saliency.shape == (120, 160) and saliency.min() >= 0
    y, x = np.unravel_index(saliency.argmax(), saliency.shape)
    assert 45 <= y <= 67 and 85 <= x <= 107
    assert np.isfinite(spectral_residual.saliency(np.zeros((5, 300, 3), np.uint8))).all()
