"""What is wrong with a model, in one sentence for the person who chose it."""

from __future__ import annotations


class ModelError(Exception):
    """Weights that cannot be had or cannot be used; trying the same again does not help."""
