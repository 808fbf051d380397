"""Forms that an answer can be held to, kept to what the engine survives and honours.

The engine turns a JSON Schema, a regular expression or a grammar into rules that every token is
checked against. Some wedge it for good, crash it or eat gigabytes, and what it cannot turn into
rules it ignores (all measured, see each bound). So forms are checked here, and not there.
"""
