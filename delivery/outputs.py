"""What the stacks of a stage said of themselves when they were last deployed from here."""

from __future__ import annotations

import json
from pathlib import Path

from delivery.assemblies import OUT
from delivery.deploying.deployed import URL
from delivery.errors import DeliveryError


def outputs_file(stage: str) -> Path:
    """Where a deploy leaves its stacks' outputs."""
    return OUT / "outputs" / f"{stage}.json"


def deployed_url(stage: str) -> str:
    """The endpoint's address, from the outputs of the last deploy; raises DeliveryError."""
    file = outputs_file(stage)
    if not file.exists():
        raise DeliveryError(
            f"URL: got none, and {file} is not there; pass URL=..., or deploy first"
        )
    outputs = json.loads(file.read_text(encoding="utf-8"))
    found = [values[URL] for values in outputs.values() if URL in values]
    if len(found) != 1:
        raise DeliveryError(f"URL: got none, and {file} has {found}; pass URL=...")
    return str(found[0])
