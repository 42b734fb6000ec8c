"""Scores of a predictor on a data set at the image's own size."""
