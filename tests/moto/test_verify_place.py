"""The checks of claims about capacity and networks, against stage local deployed into moto."""

from typing import Any

import boto3
import pytest

from operations.verify.claim import Verdict
from operations.verify.deployment import Deployment
from operations.verify.place import base_is_on_demand, endpoints_suffice

from .answers import answer

pytestmark = pytest.mark.usefixtures("deployed")
OUT = {"DestinationCidrBlock": "0.0.0.0/0"}
INSIDE = {"DestinationCidrBlock": "10.0.0.0/16"}


def test_a_stage_without_spot_shows_nothing_of_it(deployment: Deployment) -> None:
    assert base_is_on_demand(deployment).verdict is Verdict.NOT_SHOWN


@pytest.mark.parametrize(
    ("on_demand", "spot", "verdict"),
    [
        (2, 3, Verdict.VERIFIED),
        (1, 4, Verdict.REFUTED),
        (2, 0, Verdict.NOT_SHOWN),
    ],
)
def test_as_many_tasks_as_the_base_says_must_run_on_demand(
    session: boto3.Session, deployment: Deployment, on_demand: int, spot: int, verdict: Verdict
) -> None:
    providers = ["FARGATE"] * on_demand + ["FARGATE_SPOT"] * spot
    tasks = [{"capacityProviderName": name} for name in providers]
    answer(session, "ecs.ListTasks", {"taskArns": [str(number) for number in range(len(tasks))]})
    answer(session, "ecs.DescribeTasks", {"tasks": tasks})
    deployment.service["capacityProviderStrategy"] = [
        {"capacityProvider": "FARGATE", "base": 2, "weight": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 3},
    ]
    assert base_is_on_demand(deployment).verdict is verdict


@pytest.mark.parametrize(
    ("routes", "running", "verdict"),
    [
        ([INSIDE, OUT], 2, Verdict.NOT_SHOWN),
        ([INSIDE], 0, Verdict.NOT_SHOWN),
        ([INSIDE], 2, Verdict.VERIFIED),
    ],
)
def test_tasks_that_run_without_a_route_out_show_that_endpoints_suffice(
    session: boto3.Session,
    deployment: Deployment,
    routes: list[dict[str, Any]],
    running: int,
    verdict: Verdict,
) -> None:
    deployment.service["runningCount"] = running
    answer(session, "ec2.DescribeRouteTables", {"RouteTables": [{"Routes": routes}]})
    assert endpoints_suffice(deployment).verdict is verdict
