"""The risk of an update against what CloudFormation has deployed."""

from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from delivery.assemblies import Assembly
from delivery.risk.canonical import canonical
from delivery.risk.deployed import deployed_templates
from delivery.risk.grades import Grade
from delivery.risk.verdict import Verdict, judge
from operations.account import Account
from sandbox import assembly
from sandbox.state import REGION
from tests.infra.assemblies import VARIANTS, Variant, write_variant

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def deployed(synthesised: Callable[[str], Path]) -> Assembly:
    """Stage local, which is now in the account."""
    folder = synthesised("local")
    assembly.deploy_assembly(folder, region=REGION)
    return Assembly(folder)


def judged(after: Assembly, session: boto3.Session) -> Verdict:
    before = deployed_templates(after.stack_names, Account(session))
    return judge("local", before, after, base="what is deployed", accepted={})


def test_nothing_is_deployed_and_everything_is_added(
    synthesised: Callable[[str], Path], session: boto3.Session
) -> None:
    verdict = judged(Assembly(synthesised("local")), session)
    assert verdict.failures == []
    assert Grade.DESTROYS not in verdict.counted()


def test_what_is_deployed_is_what_was_synthesised(
    deployed: Assembly, session: boto3.Session
) -> None:
    assert judged(deployed, session).risks == ()
    found = deployed_templates(deployed.stack_names, Account(session))
    assert {name: canonical(body) for name, body in found.items()} == {
        name: canonical(body) for name, body in deployed.templates.items()
    }


def test_change_of_what_is_deployed_is_graded(
    deployed: Assembly, session: boto3.Session, tmp_path: Path
) -> None:
    image = VARIANTS["local"].overrides
    fewer = Variant("local", image, {"scaling": {"max_tasks": 3}, "logs": {"retention_days": 1}})
    write_variant(fewer, tmp_path)
    grades = {risk.kind: risk.grade for risk in judged(Assembly(tmp_path), session).risks}
    assert grades["AWS::ApplicationAutoScaling::ScalableTarget"] is Grade.INTERRUPTS
    assert grades["AWS::Logs::LogGroup"] is Grade.DESTROYS
