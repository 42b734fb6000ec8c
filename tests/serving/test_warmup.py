import pytest
import tensorflow as tf


def test_real_protos_read_the_requests_and_the_model_answers_them(exported):
    apis = pytest.importorskip(
        "tensorflow_serving.apis.prediction_log_pb2", reason="needs the extra `serve`"
    )
    folder = exported / "saved_model" / "1"
    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    served = tf.saved_model.load(str(folder)).signatures
    seen = []
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        request = apis.PredictionLog.FromString(record).predict_log.request
        assert request.model_spec.name == "salnet"
        inputs = {name: tf.constant(tf.make_ndarray(t)) for name, t in request.inputs.items()}
        served[request.model_spec.signature_name](**inputs)
        seen.append(request.model_spec.signature_name)
    assert sorted(seen) == sorted(served)
