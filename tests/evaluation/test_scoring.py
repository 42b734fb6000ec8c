import numpy as np
import pytest
import scipy.ndimage

from salnet_tf.evaluation import intervals, reliability, scoring, stimuli
from salnet_tf.objectives import auc, scores


def truth_of(size=(48, 64), n=40, seed=0):
    rng = np.random.default_rng(seed)
    xy = np.clip(rng.normal(0.4, 0.1, (n, 2)), 0, 0.999) * size[::-1]
    observers = np.arange(n) % 4
    stimulus = stimuli.Stimulus("a", b"", size, xy, observers, 3.0)
    centre = np.full(size, 1 / (size[0] * size[1]))
    return scoring.Truth(stimulus, rng.random((200, 2)), centre)


def test_fixations_belong_to_the_pixel_of_their_floor():
    xy = np.array([[0.0, 0.0], [3.99, 2.99], [1.5, 0.2], [1.9, 0.9]])
    assert scoring.pixels_of(xy, (3, 4)).tolist() == [0, 1, 1, 11]


@pytest.mark.parametrize("convention", scores.CONVENTIONS)
@pytest.mark.parametrize("low", [0.0, 0.1, 1e4])
def test_the_table_has_the_formulas_of_whole_maps(convention, low):
    truth, mit = truth_of(), {"convention": convention}
    saliency = np.random.default_rng(1).random(truth.stimulus.size) + low
    saliency[5:9] = saliency[0, 0]
    others = np.bincount(truth.negatives, minlength=saliency.size).reshape(saliency.shape)
    expected = {
        "auc": auc.auc(truth.fixations, saliency),
        "auc_judd": auc.auc_judd(truth.fixations, saliency, jitter=0),
        "sauc": auc.sauc(truth.fixations, others, saliency, **mit),
        "sauc_cb": auc.sauc(truth.fixations, others, saliency / truth.centre, **mit),
        "nss": scores.nss(truth.fixations, saliency, **mit),
        "ig": scores.ig(truth.fixations, saliency, truth.centre, **mit),
        "cc": scores.cc(truth.density, saliency),
        "sim": scores.sim(truth.density, saliency, **mit),
        "kld": scores.kld(truth.density, saliency),
    }
    found = scoring.score(truth, saliency, list(expected), convention=convention)
    for name, value in expected.items():
        assert found[name] == pytest.approx(float(value), abs=1e-12), name


def test_a_density_over_points_gets_its_own_map_for_each_score():
    truth = truth_of()
    density = scipy.ndimage.gaussian_filter(truth.fixations, 2.0) + 1e-6
    density /= density.sum()
    names = ["nss", "auc", "cc", "kld", "sim", "sauc", "sauc_cb"]
    as_map = scoring.score(truth, density, names)
    as_points = scoring.score(truth, density, names, kind="fixation_density")
    assert as_points["nss"] == as_map["nss"] and as_points["auc"] == as_map["auc"]
    blurred = scipy.ndimage.gaussian_filter(density, 3.0, mode="constant")
    assert as_points["cc"] == pytest.approx(float(scores.cc(truth.density, blurred)))
    assert as_points["kld"] == pytest.approx(float(scores.kld(truth.density, blurred)))
    with pytest.raises(ValueError, match=r"kind must be one of .*Received: 'log'"):
        scoring.score(truth, density, names, kind="log")


def test_the_sim_map_beats_the_blurred_density_for_what_it_was_made():
    size, sigma, n = (48, 64), 3.0, 15
    y, x = np.indices(size) + 0.5
    density = np.exp(-((x - 30) ** 2 + (y - 20) ** 2) / 200) + 0.01
    density /= density.sum()
    best = scoring.sim_map(density, n, sigma, stride=2)
    assert best.shape == size and best.min() >= 0
    blurred = scipy.ndimage.gaussian_filter(density, sigma, mode="constant")
    rng, gains = np.random.default_rng(7), []
    for _ in range(150):
        counts = rng.multinomial(n, density.ravel()).reshape(size)
        drawn = scipy.ndimage.gaussian_filter(counts * 1.0, sigma, mode="constant")
        gains.append(float(scores.sim(drawn, best)) - float(scores.sim(drawn, blurred)))
    assert np.mean(gains) > 3 * np.std(gains) / np.sqrt(150)


def test_observers_are_scored_by_what_the_others_predict():
    truth = truth_of()
    own = [truth.stimulus.observers == k for k in range(4)]
    density = np.random.default_rng(1).random(truth.stimulus.size)
    found = scoring.score_observers(truth, [(o, density) for o in own], ["nss", "auc", "cc"])
    # One density for all: the mean over observers is the score of all fixations.
    whole = scoring.score(truth, density, ["nss", "auc"])
    assert found["nss"] == pytest.approx(whole["nss"])
    assert found["auc"] == pytest.approx(whole["auc"])
    assert np.isnan(found["cc"])


def test_intervals_cover_the_true_mean_about_as_often_as_they_say():
    rng = np.random.default_rng(0)
    hits = 0
    for seed in range(60):
        found = intervals.mean(np.r_[rng.normal(1, 2, 50), np.nan], seed)
        hits += found["low"] <= 1 <= found["high"]
        assert found["n"] == 50 and found["low"] < found["mean"] < found["high"]
    assert 51 <= hits <= 60
    assert intervals.mean([np.nan])["mean"] is None


def test_paired_comparison_sees_a_small_difference_between_noisy_scores():
    rng = np.random.default_rng(1)
    hard = rng.normal(0, 3, 80)
    first, second = hard + 0.2 + rng.normal(0, 0.3, 80), hard + rng.normal(0, 0.3, 80)
    found = intervals.compare(first, second)
    assert found["low"] > 0 and found["p"] < 0.01 and found["won"] > 0.5
    reverse = intervals.compare(first, second, larger_is_better=False)
    assert reverse["won"] == pytest.approx(1 - found["won"])
    same = intervals.compare(first, first)
    assert same["p"] == 1 and same["won"] == 0.5 and same["mean"] == 0
    assert intervals.compare(first, np.full(80, np.nan))["p"] is None


def test_calibration_of_right_and_wrong_densities():
    rng = np.random.default_rng(0)
    y, x = np.indices((60, 80))
    right = np.exp(-((x - 30) ** 2 + (y - 20) ** 2) / 200)
    counts = rng.multinomial(20000, (right / right.sum()).ravel()).reshape(60, 80)
    assert reliability.curve([reliability.masses(right, counts)])["error"] < 0.01
    sharp = reliability.curve([reliability.masses(right**4, counts)])
    assert sharp["error"] > 0.2 and sharp["observed"][4] < 0.3
    flat = reliability.curve([reliability.masses(np.ones((60, 80)), counts)])
    assert flat["observed"][4] == 1  # all of a uniform density ties at the middle
