"""How a stage stands, for a person and a program; what may not be seen is said."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import delivery.status as verb
from delivery.deploying import costs
from delivery.deploying.costs import Cost, cost_so_far
from delivery.deploying.deployed import DeployedStage
from delivery.deploying.outcome import Outcome
from delivery.deploying.standing import Standing, ailments, look_at
from delivery.errors import DeliveryError
from delivery.status import as_document, show, status
from tests.delivery.deploying.account import FakeAccount, denied, refusal
from tests.delivery.deploying.ecs import (
    GROUP,
    account,
    definition,
    deployment,
    rule,
    service,
    step,
    task,
    two_fleets,
)

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
        "well       nothing asks for anybody",
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


@pytest.mark.parametrize("state", ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS"])
def test_update_that_has_not_gone_through_is_no_deploy(state: str) -> None:
    seen = standing(DescribeStacks=in_state(state))
    assert (seen.deployed_at, seen.update_began_at) == (None, MADE + timedelta(days=1))
    assert f"update     begun {MADE + timedelta(days=1):%F %H:%M} UTC, and did not" in told(seen)


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


def in_state(state: str) -> dict[str, Any]:
    return {"Stacks": [STACK | {"StackStatus": state}]}


def serving(**changes: Any) -> dict[str, Any]:
    """The answer that has the service's deployment so."""
    entry = {"targetGroupArn": GROUP, "containerPort": 8080}
    return {"services": [service(deployment(2, **changes), loadBalancers=[entry])]}


def health(*states: str) -> dict[str, Any]:
    found = [{"Target": {"Id": "10.0.0.1"}, "TargetHealth": {"State": state}} for state in states]
    return {"TargetHealthDescriptions": found}


ALARM = {"ResourceType": "AWS::CloudWatch::Alarm", "PhysicalResourceId": "NoReadyTask"}
ON = {"MetricAlarms": [{"AlarmName": "NoReadyTask", "StateValue": "ALARM"}]}
BOTH = [ALARM, *stage_account().answers["ListStackResources"]]


@pytest.mark.parametrize(
    ("changes", "ailment"),
    [
        ({"ListStackResources": BOTH, "DescribeAlarms": ON}, "alarm NoReadyTask is on"),
        (
            {"ListStackResources": BOTH, "DescribeAlarms": denied("cloudwatch:DescribeAlarms")},
            "the alarms were not seen",
        ),
        ({"DescribeServices": serving(runningCount=1)}, "1 of 2 tasks run"),
        ({"DescribeServices": serving(desiredCount=0, runningCount=0)}, "no task is wanted"),
        ({"DescribeServices": serving(rolloutState="FAILED")}, "the rollout of revision 2 failed"),
        ({"DescribeServices": {"services": []}}, "no service was seen"),
        (
            {"DescribeTargetHealth": health("unhealthy", "unhealthy")},
            "port 8080: 0 of 2 tasks are healthy",
        ),
        (
            {"DescribeTargetHealth": denied("elasticloadbalancing:DescribeTargetHealth")},
            "the targets' health was not seen",
        ),
        (
            {"DescribeStacks": in_state("UPDATE_ROLLBACK_FAILED")},
            "llm-on-ecs-dev-inference is UPDATE_ROLLBACK_FAILED",
        ),
        (
            {"DescribeStacks": in_state("ROLLBACK_COMPLETE")},
            "llm-on-ecs-dev-inference is ROLLBACK_COMPLETE",
        ),
        ({"DescribeStacks": {"Stacks": []}}, "nothing is deployed"),
    ],
)
def test_stage_is_not_well_for_each_of_these_alone(changes: dict[str, Any], ailment: str) -> None:
    assert ailments(standing()) == []
    seen = standing(**changes)
    assert ailments(seen) == [ailment]
    document = json.loads(as_document(seen))
    assert (document["well"], document["ailments"]) == (False, [ailment])


def test_what_is_at_work_or_went_back_is_no_ailment() -> None:
    for state in ("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"):
        assert ailments(standing(DescribeStacks=in_state(state))) == []
    assert ailments(standing(DescribeServices=serving(rolloutState="IN_PROGRESS"))) == []


def test_cost_that_was_not_seen_is_no_ailment() -> None:
    no = denied("cloudformation:GetTemplate")
    seen = standing(GetCostAndUsage=denied("ce:GetCostAndUsage"), GetTemplate=no)
    assert seen.cost is None
    assert ailments(seen) == []


# Two target groups.


def two_groups(first: dict[str, Any], second: dict[str, Any], **answers: Any) -> Standing:
    """The health in the two groups of a port."""
    described = {"services": [service(deployment(2), **two_fleets())]}
    return standing(
        DescribeServices=described,
        DescribeTargetHealth=lambda TargetGroupArn: first if TargetGroupArn == GROUP else second,
        **{"DescribeServiceDeployments": {"serviceDeployments": []}} | answers,
    )


def test_both_target_groups_are_shown_with_their_shares_of_the_requests() -> None:
    moved = rule(0, 100)
    seen = two_groups(health(), health("healthy", "healthy"), DescribeRules=moved)
    assert "targets    port 8080, rest: none, 0 % of the requests" in told(seen)
    assert "targets    port 8080, second: 2 healthy, 100 % of the requests" in told(seen)
    assert ailments(seen) == []


def test_group_that_gets_requests_and_has_no_task_is_an_ailment() -> None:
    seen = two_groups(health(), health("healthy", "healthy"), DescribeRules=rule(100, 0))
    assert ailments(seen) == ["rest gets 100 % of the requests and has no healthy task"]


def test_step_of_a_rollout_that_moves_requests_is_shown() -> None:
    baking = step("BAKE_TIME", 100.0)
    both = health("healthy", "healthy")
    seen = two_groups(both, both, DescribeRules=rule(0, 100), DescribeServiceDeployments=baking)
    assert "requests   BAKE_TIME, 100 % of the requests to the new tasks" in told(seen)


def test_rule_that_may_not_be_read_is_said_and_the_health_is_seen() -> None:
    no = denied("elasticloadbalancing:DescribeRules")
    seen = two_groups(health("healthy", "healthy"), health(), DescribeRules=no)
    assert seen.unseen == (f"who gets the requests: {no}",)
    assert "targets    port 8080, rest: 2 healthy\n" in told(seen)


# The verb.


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> FakeAccount:
    """The account that the verb opens."""
    found = stage_account()
    monkeypatch.setattr(verb, "open_account", lambda _: found)
    return found


def run(stage: str = "dev", *, as_json: bool = False) -> Outcome:
    return status(stage, as_json=as_json, ask_cost=False, console=Console(file=io.StringIO()))


def test_verb_says_by_its_end_whether_the_stage_is_well(asked: FakeAccount) -> None:
    assert run() is Outcome.DONE
    asked.answers["DescribeTargetHealth"] = health("unhealthy", "unhealthy")
    assert run() is Outcome.UNWELL


def test_stage_that_is_not_deployed_fails_in_words_and_in_json(
    asked: FakeAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    asked.answers["DescribeStacks"] = {"Stacks": []}
    with pytest.raises(DeliveryError, match="nothing is deployed in 123456789012, us-east-1"):
        run()
    assert run(as_json=True) is Outcome.FAILED
    document = json.loads(capsys.readouterr().out)
    assert (document["stacks"], document["well"]) == ({}, False)
    assert (document["account"], document["region"]) == ("123456789012", "us-east-1")


def test_credentials_that_ended_have_a_remedy(
    asked: FakeAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    asked.answers["DescribeStacks"] = refusal("ExpiredToken")
    with pytest.raises(DeliveryError, match=r"have expired .*; sign in again"):
        run()
    assert run(as_json=True) is Outcome.FAILED
    assert "; sign in again" in json.loads(capsys.readouterr().out)["error"]


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
