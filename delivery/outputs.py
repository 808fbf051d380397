"""Where a stage's endpoint is: as the last deploy from here was told, or as its stack says."""

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


def deployed_url(stage: str, deployed: DeployedStage | None = None) -> str:
    """The endpoint's address. Raises DeliveryError.

    `deployed` is asked where no deploy from here has left it: somebody else's machine may have.
    """
    url = _left_here(stage) or (_of_stack(deployed) if deployed else None)
    if url is None:
        file = shown(outputs_file(stage))
        raise DeliveryError(f"URL: got none, and {file} has none; pass URL=..., or deploy first")
    return url


def _left_here(stage: str) -> str | None:
    file = outputs_file(stage)
    outputs = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return next((str(values[URL]) for values in outputs.values() if URL in values), None)


def _of_stack(deployed: DeployedStage) -> str | None:
    try:
        return deployed.url()
    except CouldNotAsk as error:
        raise DeliveryError(f"URL: got none, and no stack says it: {error}; pass URL=...") from None
