"""The rules between sections of a stage, by topic; those within one are its own `problems`."""
