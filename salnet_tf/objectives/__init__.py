"""Map arithmetic, losses and metrics: each formula once."""
