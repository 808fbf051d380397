"""How long and how much a client may ask for."""

from pydantic import Field

from infra.sections.section import Section


class LimitSettings(Section):
    """How long and how much a client may ask for."""

    longest_generation_seconds: int = Field(
        default=300,
        ge=10,
        le=3530,
        description="Seconds that one generation may take, from its slot to its last token. All "
        "other time limits follow from it (timeouts.py). 3530 is what keeps the deregistration "
        "delay within AWS's 3600.",
    )
    max_waiting: int = Field(
        default=16,
        ge=0,
        le=1024,
        description="Requests that may wait for a slot in one task; the next one is refused with "
        "Retry-After.",
    )
