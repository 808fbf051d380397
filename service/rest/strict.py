"""What the bodies of requests have in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

Json = dict[str, Any]


class Strict(BaseModel):
    """Refuses what it does not know: a field that is ignored in silence is a trap."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
