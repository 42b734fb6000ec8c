"""From a prepared data set to batches, and from the canvas back to the image's own size."""
