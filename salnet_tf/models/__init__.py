"""The network: presets, blocks, SalNet itself, and deep backbones to compare it with."""
