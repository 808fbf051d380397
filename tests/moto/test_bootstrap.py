"""What `cdk bootstrap` deploys, by the pinned command line, can be deployed into the sandbox."""

from pathlib import Path

import boto3
import pytest

from tests.infra.assemblies import ROOT

TEMPLATE = ROOT / "node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml"


@pytest.fixture
def template() -> str:
    return Path(TEMPLATE).read_text(encoding="utf-8")


@pytest.mark.usefixtures("aws")
def test_the_stack_of_the_bootstrap_is_complete(
    template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")  # its roles attach some
    client = boto3.client("cloudformation")
    client.create_stack(
        StackName="CDKToolkit", TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    (stack,) = client.describe_stacks(StackName="CDKToolkit")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack.get("StackStatusReason")
