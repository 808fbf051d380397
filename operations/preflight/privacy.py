"""Whether the stage keeps what people write."""

from collections.abc import Iterator

from operations.preflight.finding import Finding, Mark, Subject


def check_texts(subject: Subject) -> Iterator[Finding]:
    """A note, because it may be meant; and every time, because it is easily forgotten."""
    logs = subject.stage.settings.logs
    if not logs.prompts:
        yield Finding(Mark.OK, "the log has no prompt and no completion")
        return
    yield Finding(
        Mark.NOTE,
        f"PROMPTS AND COMPLETIONS ARE LOGGED, and CloudWatch keeps them {logs.retention_days} days",
        "set logs.prompts to false, unless everyone who asks knows of it",
    )
