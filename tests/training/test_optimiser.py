import keras
import numpy as np
import tensorflow as tf

from salnet_tf.training import config, optimiser


def make(**changes):
    settings = {"workdir": "w", "data_dir": "d", "learning_rate": 0.1, "epochs": 10, **changes}
    return optimiser.make_optimizer(config.TrainConfig(**settings), steps_per_epoch=100)


def test_cosine_warms_up_to_the_rate_and_falls_to_zero():
    schedule = make(warmup_epochs=1.0).get_config()["learning_rate"]
    rate = keras.optimizers.schedules.deserialize(schedule)
    assert float(rate(0)) == 0 and float(rate(50)) == np.float32(0.05)
    np.testing.assert_allclose(float(rate(100)), 0.1, rtol=1e-6)
    np.testing.assert_allclose(float(rate(550)), 0.05, rtol=1e-5)
    np.testing.assert_allclose(float(rate(1000)), 0.0, atol=1e-8)


def test_weight_decay_spares_norms_biases_and_prior(tiny_config):
    from salnet_tf.models import salnet

    model = salnet.build_salnet(tiny_config, (48, 64))
    optimizer = make(weight_decay=0.5, warmup_epochs=0.0, schedule="constant", ema_momentum=0.0)
    before = [v.numpy() for v in model.trainable_variables]
    optimizer.apply([np.zeros_like(v) for v in before], model.trainable_variables)
    for old, variable in zip(before, model.trainable_variables, strict=True):
        decayed = not np.array_equal(old, variable.numpy())
        expected = variable.name == "kernel" and "smoothing" not in variable.path
        assert decayed == (expected and bool(np.any(old))), variable.path


def test_the_average_spans_a_tenth_of_a_run_at_most():
    """After 1,000 steps at 0.999 a third of it would be the weights of the first step."""
    assert make().ema_momentum == 0.99 and make(ema_momentum=0.9).ema_momentum == 0.9
    assert make(epochs=1000).ema_momentum == 0.999
    optimizer = make(schedule="constant", weight_decay=0.0, learning_rate=0.01)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    weight = model.trainable_variables[0]
    optimizer.build([weight])
    step = tf.function(lambda: optimizer.apply([tf.ones((1, 1))], [weight]), jit_compile=False)
    seen = []
    for _ in range(1000):
        step()
        seen.append(weight.numpy().item())
    with optimiser.averaged_weights(model, optimizer):
        averaged = weight.numpy().item()
    assert abs(averaged - np.mean(seen[-100:])) < 0.07 * (seen[0] - seen[-1])


def test_averaged_weights_come_and_go():
    optimizer = make(ema_momentum=0.5, schedule="constant", weight_decay=0.0)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    weight = model.trainable_variables[0]
    seen = []
    for _ in range(2):
        optimizer.apply([np.ones((1, 1), "float32")], [weight])
        seen.append(float(weight.numpy().item()))
    with optimiser.averaged_weights(model, optimizer):
        inside = weight.numpy().item()
    np.testing.assert_allclose(inside, (seen[0] + seen[1]) / 2, rtol=1e-5)
    assert weight.numpy().item() == seen[1]
