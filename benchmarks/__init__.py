"""Speed and comparison; not installed."""
