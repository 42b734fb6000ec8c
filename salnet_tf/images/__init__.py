"""Image bytes, pixels, canvases, and pictures of a density; no TensorFlow."""
