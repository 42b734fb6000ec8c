"""A person's table of fixations as records; no TensorFlow."""
