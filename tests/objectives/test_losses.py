import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from salnet_tf.objectives import losses, scores

SHAPE = (3, 12, 16, 1)


def value_and_gradient(loss, batch, logits):
    logits = tf.convert_to_tensor(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        values = loss.call(batch, logits)
        total = tf.reduce_sum(values)
    return values.numpy(), tf.cast(tape.gradient(total, logits), "float32").numpy()


def odd_batch(batch):
    """Every odd truth with every odd prediction, as one batch."""
    shape, rng = SHAPE[1:], np.random.default_rng(0)
    one_hot, point = np.full(shape, -1e4), np.zeros(shape)
    one_hot[3, 4], point[0, 0] = 1e4, 1
    logits = [
        np.zeros(shape),
        one_hot,
        rng.choice([-6e4, 6e4], shape),
        rng.choice([-1e38, 1e38], shape),  # infinite in float16
        rng.normal(size=shape),
    ]
    mask = batch["mask"][0]
    truths = [
        (batch["density"][0], batch["fixations"][0]),
        (mask / 144, mask),
        (point, point),
        (0 * point, 0 * point),
    ]
    pairs = list(itertools.product(truths, logits))
    odd = {
        "density": np.stack([truth[0] for truth, _ in pairs]).astype(np.float32),
        "fixations": np.stack([truth[1] for truth, _ in pairs]).astype(np.float32),
        "mask": np.stack([mask] * len(pairs)),
    }
    return odd, np.stack([prediction for _, prediction in pairs])


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("name", losses.LOSSES)
def test_losses_and_gradients_are_finite(name, dtype, batch):
    odd, logits = odd_batch(batch)
    values, gradient = value_and_gradient(losses.LOSSES[name](), odd, ops.cast(logits, dtype))
    assert values.shape == (20,) and values.dtype == np.float32
    assert np.isfinite(values).all() and np.isfinite(gradient).all()


@pytest.mark.parametrize("name", losses.LOSSES)
def test_padding_counts_neither_in_value_nor_gradient(name, batch):
    logits = np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    other = np.where(batch["mask"], logits, 50).astype(np.float32)
    dirty = {**batch, "fixations": np.where(batch["mask"], batch["fixations"], 9)}
    loss = losses.LOSSES[name]()
    values, gradient = value_and_gradient(loss, batch, logits)
    np.testing.assert_allclose(loss.call(dirty, other), values, rtol=1e-5)
    assert not gradient[batch["mask"] == 0].any()


@pytest.mark.parametrize("name", losses.LOSSES)
def test_a_few_gradient_steps_lower_the_loss(name, batch):
    batch = {k: v[:2] for k, v in batch.items()}
    logits = np.zeros((2, 12, 16, 1), np.float32)
    loss = losses.Sparse(3) if name == "sparse" else losses.LOSSES[name]()
    values, gradient = value_and_gradient(loss, batch, logits)
    if (
        not gradient.any() or name == "sparse"
    ):  # a constant map correlates with nothing: start elsewhere
        logits = np.random.default_rng(0).normal(size=logits.shape).astype(np.float32)
        values, gradient = value_and_gradient(loss, batch, logits)
    better = loss.call(batch, logits - 1e-2 * gradient / np.abs(gradient).max())
    assert np.all(better < values)


def test_values_worked_by_hand(golden):
    batch = {"density": golden.G[None, ..., None], "fixations": golden.F[None, ..., None]}
    logits = np.log(golden.S)[None, ..., None]
    v, nss = golden.values, golden.values["NSS_popstd_pysaliency"]
    t, p = golden.G / golden.G.max(), golden.S / (1 + golden.S)
    expected = {
        "kld": v["KLdiv_mit"],
        "cc": 1 - v["CC"],
        "sim": 1 - v["SIM_pysaliency_sumonly"],
        "nss": 1 / (1 + np.exp(nss)),
        "exp_nss": np.exp(-nss),
        "ig": -v["IG_prob_vs_uniform_bits"],
        "bce": -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean(),
        "mse": ((t - golden.S / golden.S.max()) ** 2).mean(),
        "sparse": pooled_divergence(golden.F, golden.S, 15),
    }
    for name, value in expected.items():
        got = losses.LOSSES[name]().call(batch, logits)
        np.testing.assert_allclose(got, [value], rtol=1e-9, err_msg=name)


def test_the_mean_is_over_valid_images(batch):
    logits = np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    loss = losses.Kld()
    each = loss.call(batch, logits)
    assert float(loss(batch, logits, sample_weight=batch["valid"])) == pytest.approx(
        each[:2].mean(), rel=1e-5
    )
    assert float(loss(batch, logits, sample_weight=np.zeros(3))) == 0


def test_parse_reads_a_mix_that_round_trips(batch):
    logits = np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    loss = losses.parse("kld:1, cc:1,nss:0.1")
    expected = sum(
        w * losses.LOSSES[n]().call(batch, logits)
        for n, w in {"kld": 1, "cc": 1, "nss": 0.1}.items()
    )
    np.testing.assert_allclose(loss.call(batch, logits), expected, rtol=1e-6)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert [(type(t), w) for t, w in again.terms] == [
        (losses.Kld, 1),
        (losses.Cc, 1),
        (losses.Nss, 0.1),
    ]
    np.testing.assert_array_equal(again.call(batch, logits), loss.call(batch, logits))
    assert again.get_config() == loss.get_config()
    assert losses.parse("kld").terms[0][1] == 1


@pytest.mark.parametrize("name", losses.LOSSES)
def test_each_loss_round_trips(name):
    loss = losses.LOSSES[name](reduction="sum")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert type(again) is type(loss) and again.get_config() == loss.get_config()


@pytest.mark.parametrize(
    ("mix", "sentence"),
    [
        ("kdl:1", "A loss is one of kld, cc, .* Received: 'kdl' in 'kdl:1'"),
        ("", "A loss is one of .* Received: '' in ''"),
        ("kld:1,kld:2", "A loss may be named once. Received: 'kld' twice"),
        ("kld:one", "A loss weight is a positive number. Received: 'one' in 'kld:one'"),
        ("kld:-1", "A loss weight is a positive number. Received: '-1'"),
        ("kld:inf", "A loss weight is a positive number. Received: 'inf'"),
        ("sparse@4:1", "window must be an odd number of pixels. Received: 4"),
        ("sparse@x:1", "A window is a positive number. Received: 'x'"),
        ("kld@3:1", "Only sparse takes a window. Received: 'kld@3'"),
    ],
)
def test_parse_says_what_is_wrong(mix, sentence):
    with pytest.raises(ValueError, match=sentence):
        losses.parse(mix)


def test_nss_of_the_loss_is_the_score_of_the_softmax(batch):
    logits = np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    value = losses.Nss().call(batch, logits)
    nss = scores.nss(batch["fixations"], np.exp(logits), batch["mask"])
    np.testing.assert_allclose(value, 1 / (1 + np.exp(nss)), rtol=1e-4)


def pooled_divergence(points, saliency, window):
    """The sparse loss as its description says, pixel by pixel."""
    pooled, reach = np.empty_like(saliency), window // 2
    for y, x in np.ndindex(saliency.shape):
        pooled[y, x] = saliency[
            max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1
        ].max()
    truth, pooled = points / points.sum(), pooled / pooled.sum()
    return np.sum(truth[truth > 0] * np.log(truth[truth > 0] / pooled[truth > 0]))


def test_sparse_with_window_1_is_the_loss_of_the_points(golden):
    batch = {"fixations": golden.F[None, ..., None]}
    logits = np.log(golden.S)[None, ..., None]
    points = {"density": golden.F[None, ..., None]}
    expected = losses.Kld().call(points, logits)
    np.testing.assert_allclose(losses.Sparse(1).call(batch, logits), expected)
    for window in (3, 5):
        value = losses.Sparse(window).call(batch, logits)
        np.testing.assert_allclose(value, [pooled_divergence(golden.F, golden.S, window)])


def test_sparse_says_nothing_of_a_photo_that_nobody_looked_at(golden):
    seen = golden.F[None, ..., None]
    points = {"fixations": np.concatenate([seen, 0 * seen])}
    logits = np.log(np.concatenate([golden.S[None, ..., None]] * 2))
    values = losses.Sparse(3).call(points, logits)
    np.testing.assert_allclose(values, [pooled_divergence(golden.F, golden.S, 3), 0])


def test_sparse_forgives_a_miss_inside_its_window():
    def cost(distance, window):
        truth, logits = np.zeros((1, 21, 41, 1)), np.zeros((1, 21, 41, 1))
        truth[0, 10, 20] = 1
        logits[0, 10, 20 + distance] = 8
        return float(losses.Sparse(window).call({"fixations": truth}, logits)[0])

    assert cost(3, 7) == pytest.approx(cost(0, 7))
    assert cost(4, 7) > cost(3, 7) + 5
    assert cost(1, 1) > cost(0, 1) + 5


def test_sparse_reads_the_clusters_if_the_batch_has_them(batch):
    logits = np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    clusters = np.roll(batch["fixations"], 1, axis=1)
    with_clusters = losses.Sparse(3).call({**batch, "sparse": clusters}, logits)
    moved = losses.Sparse(3).call({**batch, "fixations": clusters}, logits)
    np.testing.assert_array_equal(with_clusters, moved)
    assert losses.parse("sparse@3:2").terms[0][0].get_config()["window"] == 3
