"""Entry points: flags -> one dataclass -> one library call."""
