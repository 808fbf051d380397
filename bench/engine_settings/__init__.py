"""What each of the engine's settings costs and brings, measured on this machine."""
