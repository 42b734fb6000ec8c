"""Predict photos, videos, a camera: `python -m trainers.predict --input=... --output_dir=OUT`."""

from absl import flags

from salnet_tf import command_line
from salnet_tf.serving import command as predict_command

flags.adopt_module_key_flags(predict_command)

if __name__ == "__main__":
    command_line.run(predict_command.main, needs_tensorflow=False)
