"""The dashboard answers its three questions in order, with metrics that exist."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from infra.build import build
from infra.container_env import METRIC_DIMENSION, METRICS_NAMESPACE, ServiceMetric
from tests.infra.assemblies import IMAGE, Assembly, Variant

USERS, WHY, COST = "Are users all right?", "If not, why?", "What does it cost?"

ELB = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html"
NAT = "https://docs.aws.amazon.com/vpc/latest/userguide/metrics-dimensions-nat-gateway.html"
BILLING = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/monitor_estimated_charges_with_cloudwatch.html"


class Series(NamedTuple):
    """One metric with its dimensions' names."""

    namespace: str
    name: str
    dimensions: tuple[str, ...]


# The metrics of AWS, and the document that lists each with these dimensions.
DOCUMENTED = {
    Series("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", ("LoadBalancer",)): ELB,
    Series("AWS/ApplicationELB", "HealthyHostCount", ("LoadBalancer", "TargetGroup")): ELB,
    Series("AWS/ApplicationELB", "UnHealthyHostCount", ("LoadBalancer", "TargetGroup")): ELB,
    Series("AWS/ApplicationELB", "ProcessedBytes", ("LoadBalancer",)): ELB,
    Series("AWS/NATGateway", "BytesOutToDestination", ("NatGatewayId",)): NAT,
    Series("AWS/NATGateway", "BytesInFromDestination", ("NatGatewayId",)): NAT,
    Series("AWS/Billing", "EstimatedCharges", ("Currency",)): BILLING,
}
OURS = {
    Series(METRICS_NAMESPACE, metric.metric_name, (METRIC_DIMENSION,)) for metric in ServiceMetric
}
SEARCH = re.compile(r"SEARCH\('\{([^,]+),([^}]+)\} MetricName=\"(\w+)\"'")


def widgets(assembly: Assembly) -> list[dict[str, Any]]:
    """The body as JSON; what CloudFormation fills in is shown as its logical id."""
    body = assembly.only("AWS::CloudWatch::Dashboard")["DashboardBody"]
    parts = body["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else _name(part) for part in parts)
    found: list[dict[str, Any]] = json.loads(text)["widgets"]
    return found


def _name(reference: Any) -> str:
    return re.sub(r'["\\]', "", json.dumps(reference))


def series(assembly: Assembly) -> Iterator[Series]:
    for widget in widgets(assembly):
        for entry in widget["properties"].get("metrics", []):
            if isinstance(entry[0], dict):
                for namespace, dimension, name in SEARCH.findall(entry[0]["expression"]):
                    yield Series(namespace, name, (dimension,))
            else:
                words = [word for word in entry if isinstance(word, str)]
                yield Series(words[0], words[1], tuple(sorted(words[2::2])))


def rows(assembly: Assembly) -> dict[str, list[str]]:
    """The titles of the widgets below each question, in order."""
    found: dict[str, list[str]] = {}
    for widget in widgets(assembly):
        if widget["type"] == "text":
            heading = widget["properties"]["markdown"].partition("\n")[0]
            found[heading.removeprefix("## ")] = []
        elif widget["type"] == "metric":
            found[list(found)[-1]].append(widget["properties"]["title"])
    return found


def test_questions_stand_in_the_order_in_which_they_are_asked(watched: Assembly) -> None:
    assert list(rows(watched)) == [USERS, WHY, COST]


def test_each_question_is_answered_in_one_row(watched: Assembly) -> None:
    for question, titles in rows(watched).items():
        assert len(titles) == 4, question


def test_alarms_stand_above_the_questions(watched: Assembly) -> None:
    first, *_ = widgets(watched)
    assert first["type"] == "alarm"
    assert len(first["properties"]["alarms"]) == 6


def test_dashboard_without_alarms_begins_with_the_first_question() -> None:
    variant = Variant("local", {"image": IMAGE}, {"monitoring": {"dashboard": True}})
    template = Template.from_stack(build(App(), variant.settings()).inference)
    (board,) = template.find_resources("AWS::CloudWatch::Dashboard").values()
    assert '"widgets":[{"type":"text"' in board["Properties"]["DashboardBody"]["Fn::Join"][1][0]


def test_every_metric_is_the_services_or_listed_in_a_document(watched: Assembly) -> None:
    found = set(series(watched))
    assert found - OURS == set(DOCUMENTED)
    assert len(found & OURS) == len(OURS)


def test_every_name_in_an_expression_is_a_metric_beside_it(watched: Assembly) -> None:
    for widget in widgets(watched):
        entries = widget["properties"].get("metrics", [])
        options = [entry[-1] for entry in entries if isinstance(entry[-1], dict)]
        known = {option["id"] for option in options if "id" in option}
        for option in options:
            text = re.sub(r"'[^']*'", "", option.get("expression", ""))
            names = set(re.findall(r"\b[a-z]\w*\b", text))
            assert names <= known, option


def test_running_tasks_are_counted_by_the_period_in_which_each_writes(watched: Assembly) -> None:
    (container,) = watched.only("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    environment = {item["Name"]: item["Value"] for item in container["Environment"]}
    seconds = environment["LLM_METRICS_PERIOD_SECONDS"]
    (billed,) = (
        widget
        for widget in widgets(watched)
        if widget["properties"].get("title") == "Tasks that are billed"
    )
    (shown, lines) = billed["properties"]["metrics"]
    assert shown[0]["expression"] == f"lines * {seconds} / PERIOD(lines)"
    assert lines[-1]["stat"] == "SampleCount"


def test_charges_are_read_where_aws_writes_them(watched: Assembly) -> None:
    (charges,) = (
        widget
        for widget in widgets(watched)
        if widget["properties"].get("title") == "The whole account, USD"
    )
    assert charges["properties"]["metrics"][0][-1]["region"] == "us-east-1"


@pytest.mark.parametrize(
    ("title", "values"),
    [
        ("Failed requests, %", {5}),
        ("Seconds to the first token", {10}),
        ("Slots taken, % (above 100: waiting)", {70, 100}),
        ("Tasks", {2, 10}),
    ],
)
def test_lines_are_drawn_where_settings_put_them(
    watched: Assembly, title: str, values: set[int]
) -> None:
    (widget,) = (one for one in widgets(watched) if one["properties"].get("title") == title)
    lines = widget["properties"]["annotations"]["horizontal"]
    assert {line["value"] for line in lines} == values


def test_widgets_fill_the_grid_without_overlap(watched: Assembly) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in widgets(watched):
        cells = {
            (widget["x"] + column, widget["y"] + row)
            for column in range(widget["width"])
            for row in range(widget["height"])
        }
        assert not cells & taken
        taken |= cells
    assert {column for column, _ in taken} == set(range(24))
    assert len(taken) == 24 * (1 + max(row for _, row in taken))
