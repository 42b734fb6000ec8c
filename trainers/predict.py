"""Predict photos, films, a camera: `python -m trainers.predict photo.jpg folder/ film.mp4`."""

from salnet_tf.serving import salnet_predict

if __name__ == "__main__":
    salnet_predict.run()
