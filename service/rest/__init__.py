"""The REST transport: OpenAI's API over HTTP."""
