"""What the CLI obeys in an assembly, and the CDK has no property for: written in after synth."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from aws_cdk import Stack

from infra.sections.deploy import DeploySettings

Artifacts = dict[str, Any]

STACK: Final = "aws:cloudformation:stack"


def publish_after(producer: Stack, *, consumer: Stack, assembly: Path) -> None:
    """Have the CLI publish `consumer`'s assets after it has deployed `producer`.

    Otherwise it looks for the repository before the deploy that makes it, and stops.
    """

    def change(artifacts: Artifacts) -> None:
        assets = artifacts[f"{consumer.artifact_id}.assets"]
        assets["dependencies"] = sorted({*assets.get("dependencies", []), producer.artifact_id})

    _rewrite(assembly, change)


def pin(deploy: DeploySettings, *, assembly: Path) -> None:
    """Have the CLI refuse credentials for another account, and go to no other region.

    Not the stacks' `env`: it writes account and region into the templates, so that a pin would
    change a deployed stage, and has the VPC ask AWS for zones at synth.
    """
    account, region = deploy.account or "unknown-account", deploy.region or "unknown-region"

    def change(artifacts: Artifacts) -> None:
        for artifact in artifacts.values():
            if artifact["type"] == STACK:
                artifact["environment"] = f"aws://{account}/{region}"

    _rewrite(assembly, change)


def _rewrite(assembly: Path, change: Callable[[Artifacts], None]) -> None:
    file = assembly / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    change(manifest["artifacts"])
    file.write_text(json.dumps(manifest, indent=2), encoding="utf-8")
