"""What a stack tells callers and pipelines: the outputs that no other stack imports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from delivery.risk.grades import Grade, Reason, Risk

KIND: Final = "output"
SOURCE: Final = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html"
)
GONE: Final = "removed: whoever reads it, a pipeline or a page, finds nothing"


def removed_outputs(stack: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Risk]:
    """Each output that is gone, or has another name; what is exported is judged by its export."""
    return [
        Risk(stack, name, name, KIND, (Reason(Grade.INTERRUPTS, GONE, SOURCE),))
        for name in sorted(_told(before) - _told(after))
    ]


def _told(template: Mapping[str, Any]) -> set[str]:
    outputs = template.get("Outputs", {})
    return {name for name, output in outputs.items() if "Export" not in output}
