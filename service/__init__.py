"""The inference service: turns a request into a stream of tokens."""
