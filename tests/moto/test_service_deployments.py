"""ECS's service deployments: what begins one, what the reports make of it, the way back."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from delivery.deploying.deployed import DeployedStage
from delivery.deploying.traffic import shift_of
from operations.account import Account
from sandbox.state import REGION
from tests.moto import reports, services
from tests.moto.templates import Tasks, deploy

ALARMS = {"Enable": True, "Rollback": True, "AlarmNames": ["errors"]}
BREAKER = {"Enable": True, "Rollback": True}


@pytest.fixture(autouse=True)
def service(aws: None) -> None:
    deploy(Tasks("image:1", **settings()).resources)


def settings() -> dict[str, Any]:
    configuration = {"Alarms": ALARMS, "DeploymentCircuitBreaker": BREAKER}
    return {"DeploymentConfiguration": configuration}


def watched() -> dict[str, Any]:
    """The same in the API's words."""
    return {
        "alarms": {"enable": True, "rollback": True, "alarmNames": ["errors"]},
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
    }


def names() -> dict[str, Any]:
    service = services.described()
    return {"cluster": service["clusterArn"], "service": service["serviceName"]}


def update(**changes: Any) -> None:
    boto3.client("ecs").update_service(**names(), **changes)


def listed(**filters: Any) -> list[dict[str, Any]]:
    found = boto3.client("ecs").list_service_deployments(**names(), **filters)
    return [dict(item) for item in found["serviceDeployments"]]


def newest() -> dict[str, Any]:
    arn = listed()[0]["serviceDeploymentArn"]
    answer = boto3.client("ecs").describe_service_deployments(serviceDeploymentArns=[arn])
    return dict(answer["serviceDeployments"][0])


def revision(arn: str) -> dict[str, Any]:
    answer = boto3.client("ecs").describe_service_revisions(serviceRevisionArns=[arn])
    return dict(answer["serviceRevisions"][0])


def primary() -> dict[str, Any]:
    return dict(services.described()["deployments"][0])


def second_revision() -> str:
    """A second revision, asked for after the first was complete; its task definition."""
    reports.report(state="COMPLETED")
    client = boto3.client("ecs")
    made = client.register_task_definition(
        family="family",
        containerDefinitions=[{"name": "main", "image": "image:2", "memory": 128}],
    )
    arn = made["taskDefinition"]["taskDefinitionArn"]
    update(taskDefinition=arn)
    return arn


def test_completed_deployment_is_successful() -> None:
    reports.report(state="COMPLETED", reason="done")
    found = newest()
    assert (found["status"], found["statusReason"]) == ("SUCCESSFUL", "done")
    assert found["finishedAt"] >= found["startedAt"]
    assert services.described()["currentServiceDeployment"] == found["serviceDeploymentArn"]


def test_change_through_the_api_begins_a_deployment_from_the_old_revision() -> None:
    old = primary()
    arn = second_revision()
    assert primary()["taskDefinition"] == arn
    assert [item["status"] for item in services.described()["deployments"]] == ["PRIMARY", "ACTIVE"]
    found = newest()
    assert revision(found["targetServiceRevision"]["arn"])["taskDefinition"] == arn
    sources = [revision(item["arn"]) for item in found["sourceServiceRevisions"]]
    assert [item["taskDefinition"] for item in sources] == [old["taskDefinition"]]
    assert [item["status"] for item in listed()] == ["IN_PROGRESS", "SUCCESSFUL"]
    assert len(listed(status=["SUCCESSFUL"])) == 1


def test_change_of_the_count_begins_none() -> None:
    before = primary()["id"]
    update(desiredCount=3)
    assert primary()["id"] == before
    assert services.described()["desiredCount"] == 3


def test_forced_deployment_is_another_with_the_same_task_definition() -> None:
    before = primary()
    update(forceNewDeployment=True)
    assert primary()["id"] != before["id"]
    assert primary()["taskDefinition"] == before["taskDefinition"]


def test_newer_deployment_takes_the_place_of_one_in_progress() -> None:
    update(forceNewDeployment=True)
    assert [item["status"] for item in listed()] == ["IN_PROGRESS", "STOPPED"]


def test_stage_weights_and_monitors_are_told() -> None:
    update(deploymentConfiguration={"strategy": "BLUE_GREEN", **watched()})
    update(forceNewDeployment=True)
    reports.report(stage="BAKE_TIME", weight=100.0, failed=2, breaker_threshold=3)
    found = newest()
    assert found["lifecycleStage"] == "BAKE_TIME"
    assert found["targetServiceRevision"]["requestedProductionTrafficWeight"] == 100
    assert found["deploymentCircuitBreaker"] == {
        "status": "MONITORING",
        "failureCount": 2,
        "threshold": 3,
    }
    assert found["alarms"]["status"] == "MONITORING"
    assert found["alarms"]["alarmNames"] == ["errors"]
    stage = DeployedStage(Account(boto3.Session(region_name=REGION)), "dev")
    shift = shift_of(stage, services.described())
    assert str(shift) == "BAKE_TIME, 100 % of the requests to the new tasks"


def test_failed_deployment_goes_back_to_the_last_complete_one() -> None:
    old = primary()
    second_revision()
    reports.report(state="FAILED", reason="an alarm.", rollback=True)
    service = services.described()
    back, failed = service["deployments"]
    assert (back["id"], back["rolloutState"]) == (old["id"], "IN_PROGRESS")
    assert "an alarm. Rolling back to deploymentId" in back["rolloutStateReason"]
    assert (failed["rolloutState"], failed["status"]) == ("FAILED", "ACTIVE")
    assert service["taskDefinition"] == old["taskDefinition"]
    assert "rolling back to deployment" in service["events"][0]["message"]
    assert newest()["status"] == "ROLLBACK_IN_PROGRESS"
    assert newest()["rollback"]["reason"] == "an alarm."

    reports.report(state="COMPLETED")
    assert newest()["status"] == "ROLLBACK_SUCCESSFUL"
    assert newest()["statusReason"] == "an alarm."


def test_report_from_before_a_change_says_nothing_of_what_is_wanted_since() -> None:
    old = primary()
    second_revision()
    new = primary()
    update(taskDefinition=old["taskDefinition"])
    complete = reports.deployment(old["id"], state="COMPLETED")
    reports.report(id=new["id"], others=[complete])
    assert (primary()["id"], primary()["rolloutState"]) == (old["id"], "IN_PROGRESS")
    assert newest()["status"] == "IN_PROGRESS"
    reports.report(state="COMPLETED")
    assert newest()["status"] == "SUCCESSFUL"


def test_triggered_alarm_is_named_in_the_service_deployment() -> None:
    reports.report(state="FAILED", reason="x", triggered_alarms=["errors"])
    assert newest()["alarms"]["status"] == "TRIGGERED"
    assert newest()["alarms"]["triggeredAlarmNames"] == ["errors"]


def test_failure_without_a_complete_deployment_before_stays() -> None:
    reports.report(state="FAILED", reason="nothing started", rollback=True)
    assert primary()["rolloutState"] == "FAILED"
    assert newest()["status"] == "STOPPED"
    assert newest()["stoppedAt"]


def test_deployment_that_is_stopped_goes_back_though_no_alarm_asks_for_it() -> None:
    old = primary()
    second_revision()
    arn = newest()["serviceDeploymentArn"]
    boto3.client("ecs").stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    assert newest()["status"] == "ROLLBACK_REQUESTED"
    assert primary()["id"] == old["id"]
    reports.report(state="IN_PROGRESS")
    assert newest()["status"] == "ROLLBACK_IN_PROGRESS"


def test_deployment_that_is_over_cannot_be_stopped() -> None:
    reports.report(state="COMPLETED")
    client = boto3.client("ecs")
    with pytest.raises(client.exceptions.ConflictException):
        client.stop_service_deployment(serviceDeploymentArn=newest()["serviceDeploymentArn"])


def test_unknown_service_deployment_is_said_so() -> None:
    with pytest.raises(ClientError, match="ServiceDeploymentNotFoundException"):
        boto3.client("ecs").stop_service_deployment(serviceDeploymentArn="arn:aws:ecs:x")
