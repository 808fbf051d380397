"""An engine of fixed pace in llama.cpp's place: what is left to measure stands before it."""
