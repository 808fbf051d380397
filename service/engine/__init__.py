"""The engine: a client of an OpenAI-compatible server, and the child process that is ours."""
