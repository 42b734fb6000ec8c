"""How the shipped weights are made; not installed."""

from salnet_tf import command_line

# Modules here import TensorFlow at their top: before that it is asked for its fast kernels.
command_line.import_tensorflow()
