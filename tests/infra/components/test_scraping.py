"""Only a network that the stage names may reach the tasks besides the load balancer."""

from collections.abc import Mapping
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from infra.build import build
from infra.sections.monitoring import MonitoringSettings
from infra.stage_files import load_stage
from tests.infra.assemblies import IMAGE, Assembly

TASKS = "Tasks of the language model service."


def inline_ingress(template: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rules in the tasks' security group, which name networks; other groups stand outside."""
    for body in template["Resources"].values():
        if body.get("Properties", {}).get("GroupDescription") == TASKS:
            rules: list[dict[str, Any]] = body["Properties"].get("SecurityGroupIngress", [])
            return rules
    raise AssertionError("the tasks have no security group")


@pytest.mark.parametrize("stage", ["local", "dev", "prod"])
def test_no_network_reaches_the_tasks_unless_a_stage_names_it(
    request: pytest.FixtureRequest, stage: str
) -> None:
    assembly: Assembly = request.getfixturevalue(stage)
    assert inline_ingress(assembly.templates["Inference"]) == []


def test_named_network_reaches_the_port_of_the_metrics_only() -> None:
    monitoring = MonitoringSettings(scrape_from=("10.9.0.0/24",))
    settings = load_stage("local", {"image": IMAGE}).model_copy(update={"monitoring": monitoring})
    template = Template.from_stack(build(App(), settings).inference).to_json()
    (rule,) = inline_ingress(template)
    assert (rule["CidrIp"], rule["IpProtocol"]) == ("10.9.0.0/24", "tcp")
    assert (rule["FromPort"], rule["ToPort"]) == (8080, 8080)
