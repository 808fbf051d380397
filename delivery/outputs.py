"""Where a stage's endpoint is: as its stack says, or as the last deploy from here was told."""

from __future__ import annotations

import json
from pathlib import Path

from delivery.assemblies import OUT, shown
from delivery.deploying.deployed import URL, DeployedStage
from delivery.errors import DeliveryError
from operations.account import CouldNotAsk


def outputs_file(stage: str) -> Path:
    """Where a deploy leaves its stacks' outputs."""
    return OUT / "outputs" / f"{stage}.json"


def url_left_here(stage: str) -> str:
    """For who has no credentials; raises DeliveryError."""
    file = outputs_file(stage)
    outputs = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for values in outputs.values():
        if URL in values:
            return str(values[URL])
    raise DeliveryError(f"URL: got none, and {shown(file)} has none; pass URL=..., or deploy first")


def url_of_stack(deployed: DeployedStage) -> str:
    """As it is now, whoever deployed it, and from wherever; raises DeliveryError."""
    try:
        url = deployed.url()
    except CouldNotAsk as error:
        raise DeliveryError(f"URL: got none, and no stack says it: {error}; pass URL=...") from None
    if url is None:
        raise DeliveryError("URL: got none, and the stack has no such output; pass URL=...")
    return url
