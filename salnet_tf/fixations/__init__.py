"""A person's table of fixations -> fixations on images, in pixels. No TensorFlow."""
