"""TFDS builders, one folder each; `python -m data.build` prepares them."""
