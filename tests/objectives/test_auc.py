import hypothesis
import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import strategies as st

from salnet_tf.objectives import auc

few = hypothesis.settings(max_examples=50, deadline=None)
# Few different values: ties are the rule.
any_map = arrays.arrays(np.float64, (5, 7), elements=st.integers(0, 6).map(lambda i: i / 6))
counts = arrays.arrays(np.int64, (5, 7), elements=st.integers(0, 2)).filter(np.any)


def other_counts(golden):
    others = np.zeros_like(golden.F)
    np.add.at(others, tuple(golden.other.astype(int)[:, ::-1].T), 1)
    return others


def ties(S):
    return np.floor(3 * (S - S.min()) / np.ptp(S)) / 3


def test_golden_values(golden):
    S, F, others = golden.S, golden.F, other_counts(golden)
    got = {
        "AUC_uniform_allpixels_exact": auc.auc(F, S),
        "AUC_unfixated_exact": auc.auc(F, S, negatives="unfixated"),
        "AUC_Judd_nojitter": auc.auc_judd(F, S),
        "AUC_Borji_limit_step0p1": auc.auc_borji(F, S, splits=None),
        "AUC_SALICONserver_limit_step0p01": auc.auc_borji(F, S, splits=None, step=0.01),
        "sAUC_exact_allnegatives": auc.sauc(F, others, S),
        "sAUC_step0p1_allnegatives": auc.sauc(F, others, S, convention="mit", splits=None),
        "TIES_AUC_uniform_exact": auc.auc(F, ties(S)),
        "TIES_AUC_unfixated_exact": auc.auc(F, ties(S), negatives="unfixated"),
        "TIES_AUC_Judd_nojitter": auc.auc_judd(F, ties(S)),
        "CONST_AUC_uniform_exact": auc.auc(F, 0 * S + 3),
    }
    for name, value in got.items():
        assert value == pytest.approx(golden.values[name], abs=1e-9), name


@few
@hypothesis.given(counts, any_map)
def test_exact_auc_is_the_share_of_pairs_won(fixations, saliency):
    pairs = [
        (p > n) + (p == n) / 2
        for p, c in zip(saliency.ravel(), fixations.ravel(), strict=True)
        for _ in range(c)
        for n in saliency.ravel()
    ]
    assert auc.auc(fixations, saliency) == pytest.approx(np.mean(pairs))


@few
@hypothesis.given(counts, counts, any_map)
def test_exact_sauc_is_the_share_of_pairs_won(fixations, others, saliency):
    positives = np.repeat(saliency.ravel(), fixations.ravel())
    negatives = np.repeat(saliency.ravel(), others.ravel())
    pairs = (positives[:, None] > negatives) + (positives[:, None] == negatives) / 2
    assert auc.sauc(fixations, others, saliency) == pytest.approx(np.mean(pairs))


@few
@hypothesis.given(st.permutations(range(35)), counts)
def test_judd_exceeds_the_exact_auc_by_the_known_amount(order, fixations):
    hypothesis.assume((fixations == 0).any())
    saliency = np.array(order, float).reshape(5, 7)
    fixated = fixations > 0
    once, n = fixated.astype(int), fixated.sum()
    lowest = (saliency[~fixated] >= saliency[fixated].min()).mean()
    exact = auc.auc(once, saliency, negatives="unfixated")
    assert auc.auc_judd(fixations, saliency) == pytest.approx(exact + lowest / (2 * n))


@few
@hypothesis.given(counts, counts, any_map)
def test_increasing_transforms_change_nothing(fixations, others, saliency):
    for transformed in (3.7 * saliency, np.exp(5 * saliency), saliency**3 - 2):
        for score in (auc.auc, auc.auc_judd):
            assert score(fixations, transformed) == score(fixations, saliency)
        assert auc.sauc(fixations, others, transformed) == auc.sauc(fixations, others, saliency)


@few
@hypothesis.given(counts, counts, any_map, st.sampled_from([0.25, 8.0, 1024.0]))
def test_the_stepped_ones_do_not_depend_on_scale(fixations, others, saliency, scale):
    assert auc.auc_borji(fixations, scale * saliency) == auc.auc_borji(fixations, saliency)
    mit = {"convention": "mit", "splits": 3}
    scaled = auc.sauc(fixations, others, scale * saliency, **mit)
    assert scaled == auc.sauc(fixations, others, saliency, **mit)


def naive_borji(fixations, saliency, draws):
    """The MATLAB code's loop over thresholds, splits given."""
    areas = []
    for draw in draws:
        positives, negatives = saliency[fixations > 0], saliency.ravel()[draw]
        true, false = [0.0], [0.0]
        for k in range(10, -1, -1):
            if k * 0.1 <= max(positives.max(), negatives.max()) + 1e-9:
                true.append((positives >= k * 0.1).mean())
                false.append((negatives >= k * 0.1).mean())
        areas.append(np.trapezoid([*true, 1], [*false, 1]))
    return np.mean(areas)


def test_borji_is_the_loop_and_tends_to_its_limit(golden):
    stretched = (golden.S - golden.S.min()) / np.ptp(golden.S)
    draws = np.random.default_rng(5).integers(0, 192, (20, 7))
    expected = naive_borji(golden.F, stretched, draws)
    assert auc.auc_borji(golden.F, golden.S, splits=20, seed=5) == pytest.approx(expected)
    limit = golden.values["AUC_Borji_limit_step0p1"]
    assert auc.auc_borji(golden.F, golden.S, splits=4000) == pytest.approx(limit, abs=5e-3)


def test_mit_sauc_tends_to_its_limit(golden):
    value = auc.sauc(golden.F, other_counts(golden), golden.S, convention="mit", splits=4000)
    assert value == pytest.approx(golden.values["sAUC_step0p1_allnegatives"], abs=5e-3)


def test_judd_jitter_breaks_ties_a_little(golden):
    rng = np.random.default_rng(0)
    jittered = auc.auc_judd(golden.F, golden.S, jitter=rng)
    assert jittered == pytest.approx(golden.values["AUC_Judd_nojitter"], abs=1e-6)
    flat = [auc.auc_judd(golden.F, 0 * golden.S, jitter=rng) for _ in range(500)]
    assert np.mean(flat) == pytest.approx(0.5 + 0.5 * (7 / 8) / 7, abs=0.03)


def test_odd_cases(golden):
    none, border, all_fixated = 0 * golden.F, 0 * golden.F, 0 * golden.F + 1
    border[0, -1] = 1
    assert np.isnan(auc.auc(none, golden.S)) and np.isnan(auc.auc_judd(none, golden.S))
    assert np.isnan(auc.auc_borji(none, golden.S))
    assert np.isnan(auc.sauc(none, golden.F, golden.S))
    assert np.isnan(auc.sauc(golden.F, none, golden.S))
    below = (golden.S[0, -1] > golden.S).sum() + 0.5
    assert auc.auc(border, golden.S) == pytest.approx(below / 192)
    assert auc.auc(all_fixated, golden.S) == pytest.approx(0.5)
    assert np.isnan(auc.auc(all_fixated, golden.S, negatives="unfixated"))
    for constant in (auc.auc, auc.auc_borji):
        assert constant(golden.F, 0 * golden.S) == 0.5
    with pytest.raises(ValueError, match=r"negatives must be .* Received: 'some'"):
        auc.auc(golden.F, golden.S, negatives="some")


def test_a_batch_is_its_images(golden):
    F = np.stack([golden.F, golden.F[::-1]])[..., None]
    S = np.stack([golden.S, golden.B])[..., None]
    for score in (auc.auc, auc.auc_judd, auc.auc_borji):
        alone = [score(f[..., 0], s[..., 0]) for f, s in zip(F, S, strict=True)]
        np.testing.assert_array_equal(score(F, S), alone)
    np.testing.assert_array_equal(auc.sauc(F, F[::-1], S).shape, (2,))
