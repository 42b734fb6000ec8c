"""What a model costs: parameters, MACs, memory, file size, latency."""
