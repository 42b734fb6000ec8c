import hypothesis
import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import strategies as st
from keras import ops

from salnet_tf.objectives import scores

any_map = arrays.arrays(np.float64, (5, 7), elements=st.floats(0, 1, width=32))
any_counts = arrays.arrays(np.float64, (5, 7), elements=st.integers(0, 2).map(float))
few = hypothesis.settings(max_examples=25, deadline=None)


def test_golden_values(golden):
    S, G, B, F = golden.S, golden.G, golden.B, golden.F
    got = {
        "NSS_popstd_pysaliency": scores.nss(F, S),
        "NSS_samplestd_matlab": scores.nss(F, S, convention="mit"),
        "CC": scores.cc(G, S),
        "SIM_pysaliency_sumonly": scores.sim(G, S),
        "SIM_mit_minmax": scores.sim(G, S, convention="mit"),
        "KLdiv_mit": scores.kld(G, S),
        "KLdiv_reversed_args": scores.kld(S, G),
        "IG_mit_minmax_bits": scores.ig(F, S, B, convention="mit"),
        "IG_prob_vs_baseline_bits": scores.ig(F, S, B),
        "IG_prob_vs_uniform_bits": scores.ig(F, S),
        "KLdiv_mit_uint8_round": scores.kld(G, np.rint(255 * (S - S.min()) / np.ptp(S))),
    }
    for name, value in got.items():
        assert float(value) == pytest.approx(golden.values[name], abs=1e-9), name


def test_logits_and_maps_agree_on_smooth_maps(golden):
    S, G, B, F = golden.S, golden.G, golden.B, golden.F
    logits = np.log(S) + 5
    assert float(scores.kld_from_logits(G, logits)) == pytest.approx(
        float(scores.kld(G, S)), abs=1e-4
    )
    assert float(scores.ig_from_logits(F, logits, B)) == pytest.approx(
        float(scores.ig(F, S, B)), abs=1e-4
    )


@pytest.mark.parametrize("score", [scores.nss, scores.cc, scores.sim, scores.kld])
def test_a_batch_is_its_images_and_padding_never_counts(score, golden):
    truth = golden.F if score is scores.nss else golden.G
    alone = [float(score(truth, golden.S)), float(score(truth, golden.B))]
    truths, predictions, mask = (np.zeros((2, 14, 20, 1)) for _ in range(3))
    mask[:, 1:13, 2:18] = 1
    truths[:, 1:13, 2:18, 0] = truth
    predictions[:] = 1e3 * np.random.default_rng(0).normal(size=predictions.shape)
    predictions[0, 1:13, 2:18, 0], predictions[1, 1:13, 2:18, 0] = golden.S, golden.B
    np.testing.assert_allclose(score(truths, predictions, mask), alone, rtol=1e-9)


def test_numpy_and_tensors_give_the_same(golden):
    truth, prediction = (ops.convert_to_tensor(x) for x in (golden.G, golden.S))
    for score in (scores.kld, scores.cc, scores.sim, scores.nss, scores.ig):
        tensor, array = score(truth, prediction), score(golden.G, golden.S)
        assert isinstance(array, (np.generic, np.ndarray)) and ops.is_tensor(tensor)
        assert float(tensor) == pytest.approx(float(array), abs=1e-12)


def test_float32_is_close_to_float64(golden):
    single = {k: getattr(golden, k).astype(np.float32) for k in "SGF"}
    assert float(scores.nss(single["F"], single["S"])) == pytest.approx(
        golden.values["NSS_popstd_pysaliency"], abs=1e-5
    )
    assert float(scores.cc(single["G"], single["S"])) == pytest.approx(
        golden.values["CC"], abs=1e-5
    )


@few
@hypothesis.given(any_map, any_map, any_counts, st.floats(1e-6, 1e6))
def test_scores_do_not_depend_on_scale_and_keep_their_range(truth, saliency, counts, scale):
    values = [
        [
            scores.nss(counts, x),
            scores.cc(truth, x),
            scores.sim(truth, x),
            scores.sim(truth, x, convention="mit"),
            scores.kld(truth, x),
            scores.ig(counts, x),
        ]
        for x in (saliency, saliency * scale)
    ]
    np.testing.assert_allclose(*values, rtol=1e-6, atol=1e-9)
    _, cc, sim, sim_mit, kld, _ = map(float, values[0])
    assert np.isfinite(values).all()
    assert -1 - 1e-9 <= cc <= 1 + 1e-9
    assert min(sim, sim_mit) >= -1e-9 and max(sim, sim_mit) <= 1 + 1e-9
    assert kld >= -1e-9


@few
@hypothesis.given(any_map)
def test_a_map_compared_with_itself_is_perfect(truth):
    assert float(scores.kld(truth, truth)) == pytest.approx(0, abs=1e-9)
    assert float(scores.sim(truth, truth)) == pytest.approx(1)
    assert float(scores.cc(truth, truth)) == pytest.approx(float(np.ptp(truth) > 0))


def test_no_fixation_one_fixation_and_a_fixation_on_the_border(golden):
    none, border = np.zeros_like(golden.F), np.zeros_like(golden.F)
    border[-1, -1] = 1
    z = (golden.S - golden.S.mean()) / golden.S.std()
    assert float(scores.nss(none, golden.S)) == 0
    assert float(scores.ig(none, golden.S)) == 0
    assert float(scores.nss(border, golden.S)) == pytest.approx(z[-1, -1])


def test_multiplicity_counts_in_tuebingen_and_not_in_mit(golden):
    twice = golden.F.copy()
    twice[4, 9] = 2
    assert float(scores.nss(twice, golden.S)) > float(scores.nss(golden.F, golden.S))
    assert float(scores.nss(twice, golden.S, convention="mit")) == pytest.approx(
        golden.values["NSS_samplestd_matlab"]
    )


def test_an_unknown_convention_is_named(golden):
    with pytest.raises(ValueError, match=r"convention must be one of .* Received: 'MIT'"):
        scores.nss(golden.F, golden.S, convention="MIT")


@pytest.mark.parametrize("spread", [1e-2, 1e-4, 1e-6])
def test_the_correlation_of_a_map_that_hardly_varies(spread):
    density, pattern = np.random.default_rng(0).random((2, 300, 150))
    saliency = 1 + spread * pattern
    expected = np.corrcoef(density.ravel(), saliency.ravel())[0, 1]
    assert scores.cc(density, saliency) == pytest.approx(expected, abs=1e-9)
