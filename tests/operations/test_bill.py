"""The bill follows from the templates and the price table."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from operations.bill import Bill, estimate
from operations.cost.figures import cost_of
from operations.prices import Price, load_prices
from operations.readme import with_cost
from operations.stage import ROOT, SynthesisedStage, Template
from operations.throughput import load_measurements

UNIT_PRICES = {name: replace(price, amount=1.0) for name, price in load_prices().items()}


def only(resources: dict[str, Any]) -> dict[str, Template]:
    """One stack with just these resources."""
    return {"stack": {"Resources": resources}}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def counts(bill: Bill) -> dict[str, int]:
    return {line.what: line.count for line in bill.lines}


def test_tasks_are_charged_at_the_minimum_for_all_their_processors_and_memory(
    dev: SynthesisedStage,
) -> None:
    lines = {line.what: line for line in estimate(dev.templates, UNIT_PRICES).lines}
    least, task = dev.settings.scaling.min_tasks, dev.settings.task
    vcpus, gigabytes = task.cpu / 1024, task.memory_mib / 1024
    assert lines[f"task ({vcpus:g} vCPUs)"].monthly_usd == least * vcpus * 730
    assert lines[f"task ({gigabytes:g} GB)"].monthly_usd == least * gigabytes * 730


def test_each_nat_gateway_is_charged_with_its_address(dev: SynthesisedStage) -> None:
    found = counts(estimate(dev.templates, load_prices()))
    assert found["NAT gateway"] == dev.settings.network.nat_gateways
    assert found["public IPv4 address"] == dev.settings.network.nat_gateways


def test_public_load_balancer_has_an_address_in_each_zone(prod: SynthesisedStage) -> None:
    network = prod.settings.network
    found = counts(estimate(prod.templates, load_prices()))
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
    assert estimate(stage.templates, load_prices()).not_priced == unknown


def test_unknown_type_of_resource_is_named_and_not_taken_for_free() -> None:
    bill = estimate(only({"X": resource("AWS::FSx::FileSystem")}), load_prices())
    assert bill.not_priced == ("AWS::FSx::FileSystem",)


def test_charge_without_a_price_is_named_and_not_summed(dev: SynthesisedStage) -> None:
    prices = {name: price for name, price in load_prices().items() if name != "nat_gateway_hour"}
    bill = estimate(dev.templates, prices)
    assert "NAT gateway (nat_gateway_hour)" in bill.not_priced
    assert "NAT gateway" not in counts(bill)


def test_price_without_a_source_is_not_used(tmp_path: Path) -> None:
    table = tmp_path / "prices.toml"
    table.write_text('[a]\namount = 1.0\nunit = "h"\nwhat = "a"\nregion = "r"\ndate = "d"\n')
    assert load_prices(table) == {}


@pytest.mark.parametrize(("name", "price"), load_prices().items())
def test_every_price_says_where_and_when_it_was_read(name: str, price: Price) -> None:
    assert re.fullmatch(r"\d{4}-\d{2}(-\d{2})?|unknown", price.date), name
    assert (price.region, price.amount > 0) == ("us-east-1", True), name


def test_alarm_is_charged_for_each_metric_that_it_reads() -> None:
    stat = {"MetricStat": {"Period": 60}}
    alarm = resource("AWS::CloudWatch::Alarm", Metrics=[stat, stat, {"Expression": "a/b"}])
    assert counts(estimate(only({"A": alarm}), load_prices())) == {"alarm's metric": 2}


def test_alarm_that_looks_every_ten_seconds_has_its_own_price() -> None:
    alarm = resource("AWS::CloudWatch::Alarm", Period=10)
    (line,) = estimate(only({"A": alarm}), load_prices()).lines
    assert line.price == load_prices()["fast_alarm_metric_month"]


def test_web_acl_is_charged_with_its_rules() -> None:
    acl = resource("AWS::WAFv2::WebACL", Rules=[{}, {}, {}])
    found = counts(estimate(only({"A": acl}), load_prices()))
    assert found == {"web ACL": 1, "web ACL's rule": 3}


def test_gateway_endpoint_is_free_and_an_interface_one_costs_in_each_zone() -> None:
    endpoints = {
        "Free": resource("AWS::EC2::VPCEndpoint", VpcEndpointType="Gateway"),
        "Paid": resource("AWS::EC2::VPCEndpoint", VpcEndpointType="Interface", SubnetIds=[1, 2]),
    }
    found = counts(estimate(only(endpoints), load_prices()))
    assert found == {"interface endpoint in a zone": 2}


def service_of(*strategy: dict[str, Any], **task: Any) -> dict[str, Any]:
    """A service of four tasks, 1 vCPU and 2 GB each."""
    return {
        "Service": resource(
            "AWS::ECS::Service",
            TaskDefinition={"Ref": "Task"},
            DesiredCount=4,
            CapacityProviderStrategy=list(strategy),
        ),
        "Task": resource("AWS::ECS::TaskDefinition", Cpu="1024", Memory="2048", **task),
    }


ON_DEMAND = {"CapacityProvider": "FARGATE", "Weight": 1}
SPOT = {"CapacityProvider": "FARGATE_SPOT", "Weight": 1}


def test_tasks_on_spot_are_named_as_unpriced_and_those_on_demand_charged() -> None:
    bill = estimate(only(service_of(ON_DEMAND | {"Base": 2}, SPOT)), load_prices())
    assert counts(bill) == {"task (1 vCPUs)": 3, "task (2 GB)": 3}
    assert bill.not_priced == (
        "task on Spot (1 vCPUs) (fargate_spot_vcpu_hour)",
        "task on Spot (2 GB) (fargate_spot_gb_hour)",
    )


def test_tasks_on_graviton_have_prices_of_their_own() -> None:
    arm = service_of(ON_DEMAND, RuntimePlatform={"CpuArchitecture": "ARM64"})
    cheaper, dearer = (
        estimate(only(resources), load_prices()).monthly_usd
        for resources in (arm, service_of(ON_DEMAND))
    )
    assert cheaper / dearer == pytest.approx(0.8, abs=0.001)


def test_disk_is_charged_beyond_the_first_20_gib() -> None:
    larger = service_of(ON_DEMAND, EphemeralStorage={"SizeInGiB": 30})
    lines = {line.what: line for line in estimate(only(larger), UNIT_PRICES).lines}
    assert lines["task's disk (30 GiB)"].monthly_usd == 4 * 10 * 730


def test_readme_says_what_the_table_says(dev: SynthesisedStage) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    cost = cost_of(dev.templates, load_prices(), load_measurements())
    assert with_cost(readme, cost) == readme, "run make manual"
