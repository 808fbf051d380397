"""Puts a valid stage on trial: synthesis, cfn-lint, a deploy into the sandbox, and its deletion."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from aws_cdk import App
from moto import mock_aws

from infra.build import build, synthesise
from infra.settings import StageSettings
from sandbox.assembly import deploy_assembly, destroy_assembly, stack_artifacts
from sandbox.state import REGION
from tests.infra.assemblies import context
from tests.properties.account import furnish, rename
from tests.properties.files import Values, load
from tests.properties.lint import findings
from tests.properties.promises import broken_promises
from tests.properties.space import INNER, OPTIONS, SETTINGS


@dataclass
class Trials:
    """How many stages came how far, and what cfn-lint warned of."""

    synthesised: int = 0
    linted: int = 0
    deployed: int = 0
    deleted: int = 0
    stacks: int = 0
    resources: Counter[str] = field(default_factory=Counter)
    settings: Counter[str] = field(default_factory=Counter)
    """In how many of them each setting was another than by default."""
    options: Counter[tuple[str, str]] = field(default_factory=Counter)
    """In how many each setting that is one of a few was which."""
    warnings: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Trials) -> None:
        """What another process has tried."""
        self.synthesised += other.synthesised
        self.linted += other.linted
        self.deployed += other.deployed
        self.deleted += other.deleted
        self.stacks += other.stacks
        self.resources.update(other.resources)
        self.warnings.update(other.warnings)
        self.settings.update(other.settings)
        self.options.update(other.options)


def try_out(name: str, values: Values, trials: Trials) -> None:
    """Raises where the stage does not come through."""
    with tempfile.TemporaryDirectory(prefix="assembly-") as folder, mock_aws():
        assembly = Path(folder)
        settings = load(values, name=name)
        _synthesise(settings, assembly)
        trials.synthesised += 1
        _lint(assembly, trials)
        broken = broken_promises(assembly)
        assert broken == [], broken
        made = furnish(settings)
        rename(assembly, made)
        deploy_assembly(assembly, region=REGION)
        statuses = _statuses()
        assert set(statuses.values()) == {"CREATE_COMPLETE"}, statuses
        assert len(statuses) == len(stack_artifacts(assembly))
        trials.deployed += 1
        trials.stacks += len(statuses)
        _count(assembly, trials)
        _note(settings, trials)
        _delete(settings, assembly, made)
        trials.deleted += 1


def _synthesise(settings: StageSettings, assembly: Path) -> None:
    synthesise(build(App(context=context(), outdir=str(assembly)), settings))


def _lint(assembly: Path, trials: Trials) -> None:
    found = list(findings(assembly))
    trials.warnings.update(finding.cause for finding in found if finding.is_expected)
    unexpected = [finding.text for finding in found if not finding.is_expected]
    assert unexpected == [], unexpected
    trials.linted += 1


def _count(assembly: Path, trials: Trials) -> None:
    for file in assembly.glob("*.template.json"):
        template: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        trials.resources.update(body["Type"] for body in template["Resources"].values())


def _note(stage: StageSettings, trials: Trials) -> None:
    """Which settings it had, also those of tables, and of a few which."""
    changed, chosen = set(), set()
    for path, setting in (SETTINGS | INNER).items():
        for value in _values(stage, path.split(".")):
            if value != setting.field.get_default(call_default_factory=True):
                changed.add(path)
            if path in OPTIONS and value is not None:
                chosen.add((path, repr(value)))
    trials.settings.update(changed)
    trials.options.update(chosen)


def _values(found: Any, keys: list[str]) -> Iterator[Any]:
    """What is at a path; `*` is every table there."""
    if not keys:
        yield found
    elif keys[0] == "*":
        for table in found.values():
            yield from _values(table, keys[1:])
    else:
        yield from _values(getattr(found, keys[0]), keys[1:])


def _delete(settings: StageSettings, assembly: Path, made: dict[str, str]) -> None:
    """As the manual says: where the stage protects itself, that is deployed as false first."""
    if settings.deletion_protection:
        unprotected = settings.model_copy(update={"deletion_protection": False})
        with tempfile.TemporaryDirectory(prefix="assembly-") as folder:
            _synthesise(unprotected, Path(folder))
            rename(Path(folder), made)
            deploy_assembly(Path(folder), region=REGION)
    destroy_assembly(assembly, region=REGION)
    left = _statuses()
    assert left == {}, f"{left}: {list(_failures(left))}"


def _failures(stacks: Iterable[str]) -> Iterator[str]:
    client = boto3.client("cloudformation", region_name=REGION)
    for stack in stacks:
        for event in client.describe_stack_events(StackName=stack)["StackEvents"]:
            if event["ResourceStatus"].endswith("_FAILED"):
                yield f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"


def _statuses() -> dict[str, str]:
    stacks = boto3.client("cloudformation", region_name=REGION).describe_stacks()["Stacks"]
    return {stack["StackName"]: stack["StackStatus"] for stack in stacks}
