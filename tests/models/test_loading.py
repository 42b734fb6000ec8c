"""Networks of another form and broken ones: one sentence from every engine and from the export."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from salnet_tf.models import interface, loading
from salnet_tf.serving import predictor

FORM = r"must take one image, .*\[1, height, width, 1\]\. Received: "


def _network(name):
    image = keras.Input((None, None, 3) if name == "any size" else (64, 64, 3), name="image")
    logits = layers.Conv2D(1, 3, strides=8 if name == "coarse" else 1, padding="same")(image)
    if name == "classifier":
        logits = layers.Dense(10)(layers.GlobalAveragePooling2D()(image))
    return keras.Model(image, {"logits": logits} if name == "dict" else logits)


WRONG = {
    "coarse": r"\[None, 64, 64, 3\] -> float32 \[None, 8, 8, 1\]",
    "classifier": r"-> float32 \[None, 10\]",
    "any size": r"float32 \[None, None, None, 3\] -> ",
    "dict": r"-> no single tensor",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_keras_model_of_another_form_is_refused(name, tmp_path):
    path = str(tmp_path / "foreign.keras")
    _network(name).save(path)
    for load in (predictor.load, loading.load):
        with pytest.raises(ValueError, match=rf"foreign\.keras {FORM}.*{WRONG[name]}"):
            load(path)


def test_a_network_that_no_class_here_builds_is_refused_in_a_line(tmp_path):
    class Foreign(keras.Model):
        pass

    model, path = Foreign(), tmp_path / "foreign.keras"
    model.built = True
    model.save(path)
    with pytest.raises(ValueError, match=r"is not a Keras model: Could not locate class") as raised:
        predictor.load(path)
    assert "config" not in str(raised.value)


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")
@pytest.mark.parametrize("name", ["coarse", "classifier", "any size", "uint8"])
def test_a_litert_model_of_another_form_is_refused(name, tmp_path):
    converter = tf.lite.TFLiteConverter.from_keras_model(_network(name))
    if name == "uint8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: [[np.zeros((1, 64, 64, 3), np.float32)]]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    path = tmp_path / "foreign.tflite"
    path.write_bytes(converter.convert())
    with pytest.raises(ValueError, match=rf"foreign\.tflite {FORM}"):
        predictor.load(path)


@pytest.mark.parametrize(
    ("argument", "stride", "message"),
    [("image", 8, FORM), ("photo", 1, r"must take 'image' and give 'logits'\. Received: photo")],
)
def test_a_saved_model_of_another_form_is_refused(argument, stride, message, tmp_path):
    module = tf.Module()
    run = tf.function(lambda **image: {"logits": image[argument][:, ::stride, ::stride, :1]})
    spec = tf.TensorSpec((None, 64, 64, 3), tf.float32, name=argument)
    signature = run.get_concrete_function(**{argument: spec})
    tf.saved_model.save(module, str(tmp_path), {"float_tensor": signature})
    with pytest.raises(ValueError, match=message):
        predictor.load(tmp_path)


@pytest.mark.parametrize("shape", [(1, 64, 3), (2, 64, 64, 3), (1, 64, 64, 1), (1, 0, 64, 3)])
def test_inputs_of_another_shape(shape):
    logits = ((*shape[:-1], 1), "float32")
    with pytest.raises(ValueError, match=FORM):
        interface.check([(shape, "float32")], [logits], "m")


def test_any_number_of_canvases_will_do():
    for batch in (None, -1, 1):
        ends = ([((batch, 64, 96, channels), "float32")] for channels in (3, 1))
        assert interface.check(*ends, "m") == (64, 96)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_network_that_diverged_is_refused(value, tmp_path):
    model, path = _network("good"), str(tmp_path / "diverged.keras")
    model.set_weights([np.full_like(weight, value) for weight in model.get_weights()])
    model.save(path)
    for load in (predictor.load, loading.load):
        with pytest.raises(ValueError, match=r"weights must be finite\. Received: .*diverged"):
            load(path)
