"""Files of weights tried on this machine, in the engine that tasks run: how fast, how faithful."""
