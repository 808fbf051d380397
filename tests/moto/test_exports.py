"""What a stack exports stays as it is while another imports it."""

from typing import Any

import boto3
import pytest

from sandbox.assembly import DeployFailed
from tests.moto.templates import deploy, log_groups, resource, status

pytestmark = pytest.mark.usefixtures("aws")


def exporter(name: str = "first", *, exported: bool = True) -> dict[str, Any]:
    log = {"Log": resource("AWS::Logs::LogGroup", LogGroupName=name)}
    outputs = {"Name": {"Value": {"Ref": "Log"}, "Export": {"Name": "the-log"}}}
    return {"resources": log, "name": "exporter", **({"Outputs": outputs} if exported else {})}


@pytest.fixture
def importer(aws: None) -> None:
    deploy(**exporter())
    name = {"Fn::Sub": ["${N}-2", {"N": {"Fn::ImportValue": "the-log"}}]}
    deploy({"Log": resource("AWS::Logs::LogGroup", LogGroupName=name)}, name="importer")


@pytest.mark.usefixtures("importer")
def test_an_export_in_use_cannot_be_deleted_with_its_output() -> None:
    refused = "Export the-log cannot be deleted as it is in use by importer"
    with pytest.raises(DeployFailed, match=refused):
        deploy(**exporter(exported=False))
    assert status("exporter") == "UPDATE_ROLLBACK_COMPLETE"


@pytest.mark.usefixtures("importer")
def test_an_export_in_use_cannot_change_and_what_it_names_is_not_removed() -> None:
    refused = "Export the-log cannot be updated as it is in use by importer"
    with pytest.raises(DeployFailed, match=refused):
        deploy(**exporter("second"))
    assert sorted(log_groups()) == ["first", "first-2"]


@pytest.mark.usefixtures("importer")
def test_a_stack_whose_export_is_in_use_cannot_be_deleted() -> None:
    client = boto3.client("cloudformation")
    client.delete_stack(StackName="exporter")
    assert status("exporter") == "DELETE_FAILED"
    client.delete_stack(StackName="importer")
    client.delete_stack(StackName="exporter")
    assert client.describe_stacks()["Stacks"] == []


@pytest.mark.usefixtures("importer")
def test_an_export_that_nobody_imports_any_more_may_go() -> None:
    deploy({"Log": resource("AWS::Logs::LogGroup", LogGroupName="own")}, name="importer")
    deploy(**exporter(exported=False))
    assert status("exporter") == "UPDATE_COMPLETE"
