"""What CloudFormation refuses of a stack, or leaves, and the sandbox with it."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.cloudformation.models import cloudformation_backends

from sandbox import assembly
from sandbox.assembly import DeployFailed
from sandbox.state import ACCOUNT, REGION
from tests.moto.templates import Tasks, deploy, log_groups, resource, status

pytestmark = pytest.mark.usefixtures("aws")

LOG = resource("AWS::Logs::LogGroup")
RETAINED = {"DeletionPolicy": "Retain"}


def cloudformation() -> Any:
    return boto3.client("cloudformation")


def test_protected_stack_is_not_deleted() -> None:
    deploy({"Log": LOG})
    client = cloudformation()
    client.update_termination_protection(StackName="example", EnableTerminationProtection=True)
    with pytest.raises(ClientError, match="while TerminationProtection is enabled"):
        client.delete_stack(StackName="example")
    assert status() == "CREATE_COMPLETE"
    client.update_termination_protection(StackName="example", EnableTerminationProtection=False)
    client.delete_stack(StackName="example")
    assert log_groups() == []


@pytest.mark.parametrize(
    "state", ["UPDATE_IN_PROGRESS", "ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"]
)
def test_stack_that_is_busy_or_lost_is_not_changed(state: str) -> None:
    deploy({"Log": LOG})
    (stack,) = cloudformation_backends[ACCOUNT][REGION].stacks.values()
    stack.status = state
    with pytest.raises(ClientError, match=f"is in {state} state and can not be updated"):
        cloudformation().create_change_set(
            StackName="example",
            ChangeSetName="x",
            ChangeSetType="UPDATE",
            TemplateBody=json.dumps({"Resources": {"Other": LOG}}),
        )


def test_stack_that_could_not_be_created_is_made_anew_as_by_the_cli() -> None:
    with pytest.raises(DeployFailed):
        deploy({"Bad": resource("AWS::Chatbot::SlackChannelConfiguration")})
    deploy({"Log": LOG})
    assert status() == "CREATE_COMPLETE"


def test_stack_of_the_same_name_is_not_created_again() -> None:
    deploy({"Log": LOG})
    with pytest.raises(ClientError, match="already exists"):
        cloudformation().create_change_set(
            StackName="example",
            ChangeSetName="x",
            ChangeSetType="CREATE",
            TemplateBody=json.dumps({"Resources": {"Log": LOG}}),
        )


def test_resource_with_a_name_of_its_own_is_not_replaced() -> None:
    def repository(key: str) -> dict[str, Any]:
        encryption = {"EncryptionType": "KMS", "KmsKey": key}
        return resource(
            "AWS::ECR::Repository", RepositoryName="mine", EncryptionConfiguration=encryption
        )

    deploy({"Images": repository("one")})
    with pytest.raises(DeployFailed, match="Rename mine and update the stack again"):
        deploy({"Images": repository("two")})
    assert status() == "UPDATE_ROLLBACK_COMPLETE"


def test_service_with_a_name_of_its_own_is_not_replaced() -> None:
    tasks = Tasks(ServiceName="mine").resources
    deploy(tasks)
    tasks["Service"]["Properties"]["SchedulingStrategy"] = "REPLICA"
    with pytest.raises(DeployFailed, match="Rename mine"):
        deploy(tasks)


def test_repository_with_images_stays_with_its_stack() -> None:
    deploy({"Images": resource("AWS::ECR::Repository", RepositoryName="mine")})
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "layers": []})
    boto3.client("ecr").put_image(repositoryName="mine", imageManifest=manifest, imageTag="1")
    cloudformation().delete_stack(StackName="example")
    assert status() == "DELETE_FAILED"
    assert [item["repositoryName"] for item in repositories()] == ["mine"]


def test_bucket_with_objects_stays_with_its_stack() -> None:
    deploy({"Models": resource("AWS::S3::Bucket", BucketName="mine")})
    boto3.client("s3").put_object(Bucket="mine", Key="model", Body=b"x")
    cloudformation().delete_stack(StackName="example")
    assert status() == "DELETE_FAILED"


def repositories() -> list[Any]:
    return list(boto3.client("ecr").describe_repositories()["repositories"])


NAMED = {
    "Images": {**resource("AWS::ECR::Repository", RepositoryName="mine"), **RETAINED},
    "Log": {**resource("AWS::Logs::LogGroup", LogGroupName="mine"), **RETAINED},
    "Keys": {**resource("AWS::SecretsManager::Secret", Name="mine", SecretString="{}"), **RETAINED},
    "Models": {**resource("AWS::S3::Bucket", BucketName="mine"), **RETAINED},
}


def test_what_was_retained_stands_in_the_way_of_the_next_deploy() -> None:
    deploy(NAMED)
    cloudformation().delete_stack(StackName="example")
    with pytest.raises(DeployFailed, match="already exists"):
        deploy(NAMED)


def test_what_was_retained_is_taken_into_the_next_stack_where_that_is_asked_for() -> None:
    deploy(NAMED)
    boto3.client("secretsmanager").put_secret_value(SecretId="mine", SecretString="changed")
    cloudformation().delete_stack(StackName="example")
    made = cloudformation().create_change_set(
        StackName="example",
        ChangeSetName="x",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": NAMED}),
        ImportExistingResources=True,
    )
    cloudformation().execute_change_set(StackName="example", ChangeSetName=made["Id"])
    assert status() == "CREATE_COMPLETE"
    value = boto3.client("secretsmanager").get_secret_value(SecretId="mine")
    assert value["SecretString"] == "changed"
    events = cloudformation().describe_stack_events(StackName="example")["StackEvents"]
    taken = {e["LogicalResourceId"] for e in events if e["ResourceStatus"] == "IMPORT_COMPLETE"}
    assert taken == set(NAMED)


def test_what_a_failed_create_made_goes_unless_it_is_to_be_retained_even_then() -> None:
    bad = {**resource("AWS::Chatbot::SlackChannelConfiguration"), "DependsOn": ["One", "Two"]}
    one = {**resource("AWS::Logs::LogGroup", LogGroupName="one"), **RETAINED}
    two = {
        **resource("AWS::Logs::LogGroup", LogGroupName="two"),
        "DeletionPolicy": "RetainExceptOnCreate",
    }
    with pytest.raises(DeployFailed):
        deploy({"One": one, "Two": two, "Bad": bad})
    assert log_groups() == ["one"]


def test_template_is_given_back_as_it_was_deployed() -> None:
    template = {"Resources": {"Log": LOG}, "Description": "one"}
    assembly.deploy_template("example", json.dumps(template), region=REGION)
    given = cloudformation().get_template(StackName="example")["TemplateBody"]
    assert json.loads(json.dumps(given)) == template


def test_change_set_tells_which_properties_change_and_what_that_replaces() -> None:
    deploy({"Log": resource("AWS::Logs::LogGroup", LogGroupName="a", RetentionInDays=1)})
    client = cloudformation()
    changed = {"Log": resource("AWS::Logs::LogGroup", LogGroupName="b", RetentionInDays=7)}
    client.create_change_set(
        StackName="example",
        ChangeSetName="x",
        ChangeSetType="UPDATE",
        TemplateBody=json.dumps({"Resources": changed}),
    )
    described = client.describe_change_set(StackName="example", ChangeSetName="x")
    (change,) = [item["ResourceChange"] for item in described["Changes"]]
    found = {
        item["Target"]["Name"]: item["Target"]["RequiresRecreation"] for item in change["Details"]
    }
    assert found == {"LogGroupName": "Always", "RetentionInDays": "Never"}
    assert change["Replacement"] == "True"
