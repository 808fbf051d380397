"""Load on servers, and what vLLM's definitions make of their answers."""
