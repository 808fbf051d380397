"""The bill follows from the templates and the price table."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from operations.bill import Bill, estimate
from operations.prices import Price, load_prices
from operations.readme import with_cost
from operations.stage import ROOT, SynthesisedStage

UNIT_PRICES = {name: replace(price, amount=1.0) for name, price in load_prices().items()}


def stage_of(base: SynthesisedStage, resources: dict[str, Any]) -> SynthesisedStage:
    """A stage of one stack with just these resources."""
    return replace(base, templates={"stack": {"Resources": resources}})


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def counts(bill: Bill) -> dict[str, int]:
    return {line.what: line.count for line in bill.lines}


def test_tasks_are_charged_at_the_minimum_for_all_their_processors_and_memory(
    dev: SynthesisedStage,
) -> None:
    lines = {line.what: line for line in estimate(dev, UNIT_PRICES).lines}
    least, task = dev.settings.scaling.min_tasks, dev.settings.task
    vcpus, gigabytes = task.cpu / 1024, task.memory_mib / 1024
    assert lines[f"task ({vcpus:g} vCPUs)"].monthly_usd == least * vcpus * 730
    assert lines[f"task ({gigabytes:g} GB)"].monthly_usd == least * gigabytes * 730


def test_each_nat_gateway_is_charged_with_its_address(dev: SynthesisedStage) -> None:
    found = counts(estimate(dev, load_prices()))
    assert found["NAT gateway"] == dev.settings.network.nat_gateways
    assert found["public IPv4 address"] == dev.settings.network.nat_gateways


def test_public_load_balancer_has_an_address_in_each_zone(prod: SynthesisedStage) -> None:
    network = prod.settings.network
    found = counts(estimate(prod, load_prices()))
    assert found["public IPv4 address"] == network.nat_gateways + network.zones


@pytest.mark.parametrize("name", ["dev", "dev_function", "prod", "local"])
def test_every_fixed_cost_of_our_stages_has_a_price(
    name: str, request: pytest.FixtureRequest
) -> None:
    stage: SynthesisedStage = request.getfixturevalue(name)
    # For a link of the second version no price was found that has a source: it is named instead.
    unknown = (
        ("AWS::ApiGatewayV2::VpcLink",) if stage.settings.endpoint.kind == "api-gateway" else ()
    )
    assert estimate(stage, load_prices()).not_priced == unknown


def test_unknown_type_of_resource_is_named_and_not_taken_for_free(dev: SynthesisedStage) -> None:
    bill = estimate(stage_of(dev, {"X": resource("AWS::FSx::FileSystem")}), load_prices())
    assert bill.not_priced == ("AWS::FSx::FileSystem",)


def test_charge_without_a_price_is_named_and_not_summed(dev: SynthesisedStage) -> None:
    prices = {name: price for name, price in load_prices().items() if name != "nat_gateway_hour"}
    bill = estimate(dev, prices)
    assert "NAT gateway (nat_gateway_hour)" in bill.not_priced
    assert "NAT gateway" not in counts(bill)


def test_price_without_a_source_is_not_used(tmp_path: Path) -> None:
    table = tmp_path / "prices.toml"
    table.write_text('[a]\namount = 1.0\nunit = "h"\nwhat = "a"\nregion = "r"\ndate = "d"\n')
    assert load_prices(table) == {}


@pytest.mark.parametrize(("name", "price"), load_prices().items())
def test_every_price_says_where_and_when_it_was_read(name: str, price: Price) -> None:
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}|unknown", price.date), name
    assert (price.region, price.amount > 0) == ("us-east-1", True), name


def test_alarm_is_charged_for_each_metric_that_it_reads(dev: SynthesisedStage) -> None:
    stat = {"MetricStat": {"Period": 60}}
    alarm = resource("AWS::CloudWatch::Alarm", Metrics=[stat, stat, {"Expression": "a/b"}])
    assert counts(estimate(stage_of(dev, {"A": alarm}), load_prices())) == {"alarm's metric": 2}


def test_alarm_that_looks_every_ten_seconds_has_its_own_price(dev: SynthesisedStage) -> None:
    alarm = resource("AWS::CloudWatch::Alarm", Period=10)
    (line,) = estimate(stage_of(dev, {"A": alarm}), load_prices()).lines
    assert line.price == load_prices()["fast_alarm_metric_month"]


def test_web_acl_is_charged_with_its_rules(dev: SynthesisedStage) -> None:
    acl = resource("AWS::WAFv2::WebACL", Rules=[{}, {}, {}])
    found = counts(estimate(stage_of(dev, {"A": acl}), load_prices()))
    assert found == {"web ACL": 1, "web ACL's rule": 3}


def test_gateway_endpoint_is_free_and_an_interface_one_costs_in_each_zone(
    dev: SynthesisedStage,
) -> None:
    endpoints = {
        "Free": resource("AWS::EC2::VPCEndpoint", VpcEndpointType="Gateway"),
        "Paid": resource("AWS::EC2::VPCEndpoint", VpcEndpointType="Interface", SubnetIds=[1, 2]),
    }
    found = counts(estimate(stage_of(dev, endpoints), load_prices()))
    assert found == {"interface endpoint in a zone": 2}


def test_spot_tasks_are_not_charged_as_on_demand_ones(dev: SynthesisedStage) -> None:
    resources = {
        "Service": resource("AWS::ECS::Service", TaskDefinition={"Ref": "Task"}, DesiredCount=1),
        "Task": resource("AWS::ECS::TaskDefinition", Cpu="1024", Memory="2048"),
    }
    bill = estimate(stage_of(dev, resources), load_prices())
    assert (bill.lines, len(bill.not_priced)) == ((), 2)


def test_readme_says_what_the_table_says(dev: SynthesisedStage) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_cost(readme, estimate(dev, load_prices())) == readme, "run make manual"
