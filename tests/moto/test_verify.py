"""The checks of claims that the sandbox's AWS can answer, against stage local deployed into it.

It proves the checks, not the claims: moto is not AWS.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest

from operations.verify.claim import Verdict
from operations.verify.deployment import Deployment
from operations.verify.function import function_is_active
from operations.verify.load_balancer import (
    POLICY,
    long_prompt_arrives,
    no_open_egress,
    request_id_returns,
    targets_are_healthy,
    tls_policy,
)
from operations.verify.service import image_was_pushed, metric_arrives, scaling_acts
from operations.verify.stacks import secret_survives_updates
from sandbox.key import add_key, find_secret

from .answers import answer

pytestmark = pytest.mark.usefixtures("deployed")


class Endpoint(BaseHTTPRequestHandler):
    """Answers as told: with the request's id where the request came through to the service."""

    status = 401
    passes = True

    def do_GET(self) -> None:
        self.send_response(self.status)
        if self.passes:
            self.send_header("x-request-id", self.headers["x-request-id"])
        self.send_header("content-length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def endpoint(deployment: Deployment) -> Iterator[type[Endpoint]]:
    """What answers at the deployment's address."""

    class Told(Endpoint):
        pass

    with HTTPServer(("127.0.0.1", 0), Told) as server:
        deployment.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield Told
        server.shutdown()
        thread.join()


def test_policy_of_the_deployed_listener_is_the_one_that_is_looked_for() -> None:
    client = boto3.client("elbv2")
    (balancer,) = client.describe_load_balancers()["LoadBalancers"]
    listeners = client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    assert POLICY in [item.get("SslPolicy") for item in listeners]


def test_policy_that_exists_is_verified(deployment: Deployment) -> None:
    assert tls_policy(deployment).verdict is Verdict.VERIFIED


def test_policy_that_is_missing_is_refuted(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.verify.load_balancer.POLICY", "ELBSecurityPolicy-Nothing")
    assert tls_policy(deployment).verdict is Verdict.REFUTED


def test_groups_with_rules_of_their_own_let_nothing_else_out(deployment: Deployment) -> None:
    assert no_open_egress(deployment).verdict is Verdict.VERIFIED


def test_group_that_lets_everything_out_refutes_it(deployment: Deployment) -> None:
    client = boto3.client("ec2")
    group = deployment.physical_ids("AWS::EC2::SecurityGroup")[0]
    everything: Any = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    client.authorize_security_group_egress(GroupId=group, IpPermissions=everything)
    try:
        assert no_open_egress(deployment).verdict is Verdict.REFUTED
    finally:
        client.revoke_security_group_egress(GroupId=group, IpPermissions=everything)


def test_image_that_nobody_pushed_shows_nothing(deployment: Deployment) -> None:
    assert image_was_pushed(deployment).verdict is Verdict.NOT_SHOWN


def test_metric_of_the_stage_is_verified_once_it_is_there(deployment: Deployment) -> None:
    assert metric_arrives(deployment).verdict is Verdict.NOT_SHOWN, "no task runs yet"
    value: Any = {
        "MetricName": "SlotUtilization",
        "Dimensions": [{"Name": "Stage", "Value": "local"}],
        "Value": 1.0,
    }
    boto3.client("cloudwatch").put_metric_data(Namespace="LlmOnEcs", MetricData=[value])
    assert metric_arrives(deployment).verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    ("cause", "verdict"),
    [
        ("monitor alarm TargetTracking-service/c/s-AlarmHigh in state ALARM", Verdict.VERIFIED),
        ("maximum capacity was set to 10", Verdict.NOT_SHOWN),
    ],
)
def test_only_a_step_that_target_tracking_caused_shows_that_it_acts(
    session: boto3.Session, deployment: Deployment, cause: str, verdict: Verdict
) -> None:
    step = {
        "Cause": cause,
        "Description": "Setting desired count to 3.",
        "StatusCode": "Successful",
    }
    steps = {"ScalingActivities": [step]}
    answer(session, "application-auto-scaling.DescribeScalingActivities", steps)
    assert scaling_acts(deployment).verdict is verdict


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ("Active", Verdict.VERIFIED),
        ("Pending", Verdict.NOT_SHOWN),
        ("Failed", Verdict.REFUTED),
    ],
)
def test_function_is_verified_when_lambda_has_taken_its_image(
    session: boto3.Session, deployment: Deployment, state: str, verdict: Verdict
) -> None:
    outputs = [{"OutputKey": "FunctionName", "OutputValue": "f"}]
    stack = {"StackName": "s", "Outputs": outputs}
    answer(session, "cloudformation.DescribeStacks", {"Stacks": [stack]})
    answer(session, "lambda.GetFunctionConfiguration", {"State": state})
    assert function_is_active(deployment).verdict is verdict


def test_stage_without_a_function_shows_nothing_of_it(deployment: Deployment) -> None:
    assert function_is_active(deployment).verdict is Verdict.NOT_SHOWN


def test_service_without_tasks_shows_nothing_of_its_keys(deployment: Deployment) -> None:
    assert targets_are_healthy(deployment).verdict is Verdict.NOT_SHOWN


def test_secret_that_no_update_has_passed_over_shows_nothing(deployment: Deployment) -> None:
    add_key(boto3.client("secretsmanager"), find_secret("local"), "ann", replace=True)
    assert secret_survives_updates(deployment).verdict is Verdict.NOT_SHOWN


@pytest.mark.parametrize(
    ("written", "updated", "keys", "verdict"),
    [
        (2, 3, [{}], Verdict.VERIFIED),
        (4, 3, [], Verdict.REFUTED),
        (4, 3, [{}], Verdict.NOT_SHOWN),
        (2, 1, [{}], Verdict.NOT_SHOWN),
    ],
)
def test_secret_survives_where_its_keys_are_older_than_the_update(
    session: boto3.Session,
    deployment: Deployment,
    written: int,
    updated: int,
    keys: list[Any],
    verdict: Verdict,
) -> None:
    def day(number: int) -> datetime:
        return datetime(2026, 1, number, tzinfo=UTC)

    outputs = [{"OutputKey": "ApiKeysSecretArn", "OutputValue": "arn"}]
    stack = {"StackName": "s", "Outputs": outputs, "LastUpdatedTime": day(updated)}
    made = {"CreatedDate": day(1), "VersionStages": []}
    key = {"CreatedDate": day(2), "VersionStages": ["AWSCURRENT"] if written == 2 else []}
    later = {"CreatedDate": day(4), "VersionStages": ["AWSCURRENT"]}
    versions = [made, key] if written == 2 else [made, key, later]
    answer(session, "cloudformation.DescribeStacks", {"Stacks": [stack]})
    answer(session, "secrets-manager.ListSecretVersionIds", {"Versions": versions})
    answer(session, "secrets-manager.GetSecretValue", {"SecretString": json.dumps({"keys": keys})})
    assert secret_survives_updates(deployment).verdict is verdict


def test_request_id_that_comes_back_is_verified(
    deployment: Deployment, endpoint: type[Endpoint]
) -> None:
    assert request_id_returns(deployment).verdict is Verdict.VERIFIED
    endpoint.passes = False
    assert request_id_returns(deployment).verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("status", "passes", "verdict"),
    [
        (401, True, Verdict.VERIFIED),
        (413, True, Verdict.REFUTED),
        (403, False, Verdict.REFUTED),
        (401, False, Verdict.REFUTED),
    ],
)
def test_long_prompt_is_verified_only_by_the_services_own_answer(
    deployment: Deployment, endpoint: type[Endpoint], status: int, passes: bool, verdict: Verdict
) -> None:
    endpoint.status, endpoint.passes = status, passes
    assert long_prompt_arrives(deployment).verdict is verdict
