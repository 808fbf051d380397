"""A deploy from its guards to its smoke test: what stops it, what it does, why it failed."""
