import keras
import numpy as np
import pytest

from salnet_tf.objectives import metrics

GOLDEN = {
    "nss": "NSS_popstd_pysaliency",
    "cc": "CC",
    "sim": "SIM_pysaliency_sumonly",
    "kld": "KLdiv_mit",
}


@pytest.mark.parametrize("name", metrics.METRICS)
def test_golden_values_over_valid_images(name, golden):
    def pair(x):
        return np.stack([x, x[::-1]])[..., None].astype(np.float32)

    metric = metrics.METRICS[name]()
    batch = {"density": pair(golden.G), "fixations": pair(golden.F)}
    logits = pair(np.log(golden.S))
    logits[1] = logits[0]
    assert float(metric.result()) == 0
    metric.update_state(batch, logits, sample_weight=np.array([1, 0], np.float32))
    metric.update_state(batch, logits, sample_weight=np.array([0, 0], np.float32))
    assert metric.name == name
    assert float(metric.result()) == pytest.approx(golden.values[GOLDEN[name]], abs=1e-5)


@pytest.mark.parametrize("name", metrics.METRICS)
def test_each_metric_round_trips(name):
    metric = metrics.METRICS[name](name="val")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert type(again) is type(metric) and again.name == "val"
