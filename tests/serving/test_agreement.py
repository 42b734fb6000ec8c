"""Train = serve: evaluation pipeline and Keras, SavedModel from bytes, LiteRT give one answer."""

import cv2
import numpy as np
import tensorflow as tf

from salnet_tf.pipeline import canvas as canvas_lib
from salnet_tf.pipeline import geometry
from salnet_tf.serving import predictor


def test_pipeline_keras_saved_model_and_litert_agree(exported, tiny_model, photos):
    served = tf.saved_model.load(str(exported / "saved_model" / "1")).signatures
    litert = predictor.load(next((exported / "litert").glob("*_fp32.tflite")))
    for photo in photos:
        data = cv2.imencode(".jpg", photo[..., ::-1])[1].tobytes()
        pixels = canvas_lib.decode(tf.constant(data))
        placement = geometry.place(photo.shape[:2], tiny_model.image_size)
        logits = tiny_model(canvas_lib.to_canvas(pixels, placement)[None], training=False)
        trained = geometry.canvas_to_density(np.asarray(logits)[0, ..., 0], placement)

        from_tensor = served["image_tensor"](image=pixels[None])["density"][0]
        png = served["serving_default"](image_bytes=tf.constant([data]))["saliency_png_bytes"][0]
        heat = tf.io.decode_png(png).numpy()[..., 0] / 255

        peak = trained.max()
        assert np.abs(from_tensor - trained).max() < 1e-3 * peak
        assert np.abs(litert.predict(data) - trained).max() < 1e-3 * peak
        assert np.abs(heat - trained / peak).max() < 0.75 / 255
