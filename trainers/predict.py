"""Predict photos, videos, a camera: `python -m trainers.predict --input=... --output_dir=OUT`."""

from absl import flags

from salnet_tf import command_line
from salnet_tf.serving import salnet_predict

flags.adopt_module_key_flags(salnet_predict)

if __name__ == "__main__":
    command_line.run(salnet_predict.main, needs_tensorflow=False)
