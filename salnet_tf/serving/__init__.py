"""Export, Predictor and the TF-Serving client."""
