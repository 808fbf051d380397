"""What a stage costs: with no task, at the bounds of its scaling, and per million tokens."""
