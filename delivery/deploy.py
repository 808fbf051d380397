"""Deploys a stage through the CDK's command line, and finds what it said of the endpoint."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from delivery.assemblies import OUT, ROOT, working_tree
from delivery.errors import DeliveryError

# A person deploys it: a pipeline must not write the trust that it is let in by.
BY_HAND: Final = frozenset({"Delivery"})
URL: Final = "Url"


def outputs_file(stage: str) -> Path:
    """Where a deploy leaves its stacks' outputs."""
    return OUT / "outputs" / f"{stage}.json"


def pipeline_stacks(stacks: Iterable[str]) -> list[str]:
    """The stacks that a pipeline deploys; the CLI finds their order."""
    return [name for name in stacks if name not in BY_HAND]


def command(stage: str, assembly: Path, stacks: list[str]) -> list[str]:
    """The CLI's words for a deploy of these stacks of an assembly."""
    return [
        *(str(ROOT / "node_modules/.bin/cdk"), "deploy", *stacks),
        *("--app", str(assembly), "--require-approval", "never", "--progress", "events"),
        *("--outputs-file", str(outputs_file(stage)), "--no-notices", "--ci"),
    ]


def deploy(stage: str) -> None:
    """Synthesise and deploy every stack but those that a person deploys; raises DeliveryError."""
    tree = working_tree()
    if stage not in tree.stages:
        raise DeliveryError(f"STAGE: got '{stage}'; choose one of {', '.join(tree.stages)}")
    assembly = tree.synthesise(stage, OUT / "deploy" / stage)
    stacks = pipeline_stacks(assembly.templates)
    outputs_file(stage).parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command(stage, assembly.folder, stacks), cwd=ROOT, check=False)
    if done.returncode:
        raise DeliveryError(f"cdk deploy: got exit status {done.returncode}; read the lines above")


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
