"""How a stage stands, for a person and a program; what may not be seen is said."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from delivery.deploying import costs
from delivery.deploying.costs import Cost, cost_so_far
from delivery.deploying.deployed import DeployedStage
from delivery.deploying.standing import Standing, is_well, look_at
from delivery.status import as_document, show
from tests.delivery.deploying.account import FakeAccount, denied
from tests.delivery.deploying.ecs import GROUP, account, definition, deployment, service, task

MADE = datetime.now(UTC) - timedelta(days=10)
STACK = {
    "StackName": "llm-on-ecs-dev-inference",
    "StackStatus": "UPDATE_COMPLETE",
    "CreationTime": MADE,
    "LastUpdatedTime": MADE + timedelta(days=1),
    "Outputs": [{"OutputKey": "Url", "OutputValue": "https://example.org"}],
}
SECRET = {"Type": "AWS::SecretsManager::Secret"}


def explorer(usd: str) -> dict[str, Any]:
    return {"ResultsByTime": [{"Total": {"UnblendedCost": {"Amount": usd}}}]}


def stage_account(**changes: Any) -> FakeAccount:
    described = service(deployment(2))
    described["loadBalancers"] = [{"targetGroupArn": GROUP, "containerPort": 8080}]
    environment = [
        {"name": "LLM_MODEL_NAME", "value": "small"},
        {"name": "LLM_MODEL_PATH", "value": "bundled"},
    ]
    container = {"name": "service", "image": "repo:tag", "environment": environment}
    running = task(containers=[{"name": "service", "imageDigest": "sha256:" + "ab" * 32}])
    answers: dict[str, Any] = {
        "DescribeStacks": {"Stacks": [STACK]},
        "DescribeTaskDefinition": {
            "taskDefinition": {
                "taskDefinitionArn": definition(2),
                "containerDefinitions": [container],
            }
        },
        "GetCallerIdentity": {"Account": "123456789012"},
        "GetCostAndUsage": explorer("12.5"),
        "GetTemplate": {"TemplateBody": {"Resources": {"Key": SECRET}}},
    }
    return account(described, running, **(answers | changes))


def standing(**changes: Any) -> Standing:
    return look_at(DeployedStage(stage_account(**changes), "dev"), keep_cost_in=None)


def told(seen: Standing) -> str:
    console = Console(file=io.StringIO(), record=True, width=200, highlight=False)
    show(seen, console)
    return console.export_text()


def test_everything_is_told_in_a_line_each() -> None:
    text = told(standing())
    for line in (
        "stage      dev in 123456789012, us-east-1",
        "stack      llm-on-ecs-dev-inference: UPDATE_COMPLETE",
        "endpoint   https://example.org",
        "service    cluster/service: 2 tasks wanted",
        "tasks      revision 2: 2 of 2 running, COMPLETED",
        "image      repo:tag (sha256:abababababab)",
        "model      small (bundled)",
        "targets    port 8080, rest: 2 healthy",
        "alarms     the stage has none",
        "cost       12.50 USD since",
    ):
        assert line in text


def test_program_gets_one_document() -> None:
    document = json.loads(as_document(standing()))
    assert document["well"] is True
    assert document["image"]["tag"] == "tag"
    assert document["generations"][0]["running"] == 2
    assert document["cost"]["usd"] == 12.5


def test_last_deploy_is_the_stacks_last_update() -> None:
    assert standing().deployed_at == MADE + timedelta(days=1)
    first = {key: value for key, value in STACK.items() if key != "LastUpdatedTime"}
    assert standing(DescribeStacks={"Stacks": [first]}).deployed_at == MADE


def test_permission_that_is_missing_is_named_and_the_rest_is_seen() -> None:
    seen = standing(
        DescribeTargetHealth=denied("elasticloadbalancing:DescribeTargetHealth"),
        DescribeTaskDefinition=denied("ecs:DescribeTaskDefinition"),
    )
    assert seen.unseen == (
        "task definition: needs permission ecs:DescribeTaskDefinition",
        "targets: needs permission elasticloadbalancing:DescribeTargetHealth",
    )
    assert seen.generations is not None
    assert "unseen     targets: needs permission" in told(seen)


def test_stage_with_a_firing_alarm_or_missing_tasks_is_not_well() -> None:
    well = standing()
    assert is_well(well)
    alarms = [{"ResourceType": "AWS::CloudWatch::Alarm", "PhysicalResourceId": "NoReadyTask"}]
    on = {"MetricAlarms": [{"AlarmName": "NoReadyTask", "StateValue": "ALARM"}]}
    both = alarms + stage_account().answers["ListStackResources"]
    assert not is_well(standing(ListStackResources=both, DescribeAlarms=on))
    short = {"services": [service(deployment(2, runningCount=1))]}
    short["services"][0]["loadBalancers"] = []
    assert not is_well(standing(DescribeServices=short))


def test_stage_that_is_not_deployed_has_no_stacks() -> None:
    assert standing(DescribeStacks=[]).stacks == {}


# The cost.


def cost(asked: FakeAccount, keep_in: Path | None = None, *, ask: bool = True) -> Cost:
    return cost_so_far(DeployedStage(asked, "dev"), MADE, keep_in=keep_in, ask=ask)


def test_counted_cost_says_whose_count_it_is_and_what_asking_cost() -> None:
    found = cost(stage_account())
    assert (found.usd, found.kind) == (12.5, "by Cost Explorer under our tags")
    assert "for 0.01 USD" in found.note


def test_cost_explorer_is_asked_for_both_tags() -> None:
    asked: list[dict[str, Any]] = []

    def answer(**parameters: Any) -> dict[str, Any]:
        asked.append(parameters)
        return explorer("1")

    cost(stage_account(GetCostAndUsage=answer))
    tags = [item["Tags"] for item in asked[0]["Filter"]["And"]]
    assert [(tag["Key"], tag["Values"]) for tag in tags] == [
        ("project", ["llm-on-ecs"]),
        ("stage", ["dev"]),
    ]
    assert asked[0]["TimePeriod"]["Start"] == f"{MADE:%F}"


@pytest.mark.parametrize("usd", ["12.5", "0"])
def test_answer_is_kept_so_that_looking_often_costs_nothing(tmp_path: Path, usd: str) -> None:
    asked = stage_account(GetCostAndUsage=explorer(usd))
    first = cost(asked, tmp_path / "x" / "cost.json")
    assert cost(asked, tmp_path / "x" / "cost.json") == first
    assert asked.asked.count("GetCostAndUsage") == 1


def test_kept_answer_ages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = stage_account()
    cost(asked, tmp_path / "cost.json")
    monkeypatch.setattr(costs, "KEPT", timedelta(0))
    cost(asked, tmp_path / "cost.json")
    assert asked.asked.count("GetCostAndUsage") == 2


def test_without_permission_the_cost_is_computed_and_labelled_so() -> None:
    found = cost(stage_account(GetCostAndUsage=denied("ce:GetCostAndUsage")))
    # A secret, for ten days of a month of 730 hours.
    assert found.usd == round(0.40 / 730 * 240, 2)
    assert found.kind.startswith("computed by list prices of us-east-1")
    assert "needs permission ce:GetCostAndUsage" in found.note


def test_tags_that_are_not_activated_are_named_and_the_cost_is_computed() -> None:
    found = cost(stage_account(GetCostAndUsage=explorer("0")))
    assert found.kind.startswith("computed")
    assert "activated as cost allocation tags" in found.note


def test_cost_explorer_can_be_left_alone() -> None:
    asked = stage_account()
    assert cost(asked, ask=False).kind.startswith("computed")
    assert "GetCostAndUsage" not in asked.asked
