"""The model's file: where it is."""
