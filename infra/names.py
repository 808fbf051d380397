"""By what a stage is told from whatever else is in its account: names and tags."""

from typing import Final

PROJECT: Final = "llm-on-ecs"
# Of all stages of an account.
ANY_STAGE: Final = f"{PROJECT}-*"


def full_name(stage: str) -> str:
    """What everything of a stage is called that has a name, or how that begins."""
    return f"{PROJECT}-{stage}"


def own_tags(stage: str) -> dict[str, str]:
    """On every resource of a stage that takes any; a budget counts by them."""
    return {"project": PROJECT, "stage": stage}
