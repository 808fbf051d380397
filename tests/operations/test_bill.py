"""The bill follows from the templates and the price table."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.container_env import ServiceMetric
from operations.bill import Bill, estimate
from operations.cost.figures import cost_of
from operations.prices import REGION, TABLE, load_prices
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


def test_unknown_type_of_resource_is_named_and_not_taken_for_free() -> None:
    bill = estimate(only({"X": resource("AWS::FSx::FileSystem")}), load_prices())
    assert bill.not_priced == ("AWS::FSx::FileSystem",)


def test_charge_without_a_price_is_named_and_not_summed(dev: SynthesisedStage) -> None:
    prices = {name: price for name, price in load_prices().items() if name != "nat_gateway_hour"}
    bill = estimate(dev.templates, prices)
    assert "NAT gateway (nat_gateway_hour)" in bill.not_priced
    assert "NAT gateway" not in counts(bill)


@pytest.mark.parametrize(
    ("more", "used"),
    [
        ('source = "https://example.org"\ndate = "2026-01"', True),
        ('source = "https://example.org"\ndate = "read 2026-01-02"', True),
        ('date = "2026-01"', False),
        ('source = "https://example.org"\ndate = "unknown"', False),
    ],
)
def test_price_without_a_source_or_a_date_is_not_used(
    more: str, used: bool, tmp_path: Path
) -> None:
    table = tmp_path / "prices.toml"
    table.write_text(f'[a]\namount = 1.0\nunit = "h"\nwhat = "a"\nregion = "r"\n{more}\n')
    assert set(load_prices(table)) == ({"a"} if used else set())


def test_every_price_of_the_table_is_used() -> None:
    listed = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    assert load_prices().keys() == listed.keys()
    assert {price.region for price in load_prices().values()} == {REGION}


# From AWS's pages by way of those that the table names: a figure that is changed, is changed twice.
def test_prices_are_those_that_were_read() -> None:
    assert {name: price.amount for name, price in load_prices().items()} == {
        "fargate_vcpu_hour": 0.04048,
        "fargate_gb_hour": 0.004445,
        "fargate_arm_vcpu_hour": 0.03238,
        "fargate_arm_gb_hour": 0.00356,
        "fargate_spot_vcpu_hour": 0.0202,
        "fargate_spot_gb_hour": 0.00222,
        "fargate_spot_arm_vcpu_hour": 0.0162,
        "fargate_spot_arm_gb_hour": 0.00178,
        "fargate_disk_gb_hour": 0.000111,
        "nat_gateway_hour": 0.045,
        "interface_endpoint_hour": 0.01,
        "public_ipv4_hour": 0.005,
        "application_load_balancer_hour": 0.0225,
        "secret_month": 0.40,
        "secret_read": 0.05 / 10_000,
        "kms_key_month": 1.00,
        "custom_metric_month": 0.30,
        "alarm_metric_month": 0.10,
        "fast_alarm_metric_month": 0.30,
        "composite_alarm_month": 0.50,
        "dashboard_month": 3.00,
        "web_acl_month": 5.00,
        "web_acl_rule_month": 1.00,
    }


def tracking(**configuration: Any) -> dict[str, Any]:
    kind = "AWS::ApplicationAutoScaling::ScalingPolicy"
    return resource(kind, TargetTrackingScalingPolicyConfiguration=configuration)


@pytest.mark.parametrize(
    ("policy", "name", "count"),
    [
        (tracking(CustomizedMetricSpecification={"MetricName": "a"}), "alarm_metric_month", 2),
        (
            tracking(
                CustomizedMetricSpecification={
                    "Metrics": [{"MetricStat": {}}, {"MetricStat": {}}, {"Expression": "a/b"}]
                }
            ),
            "alarm_metric_month",
            4,
        ),
        (
            tracking(PredefinedMetricSpecification={"PredefinedMetricType": "CpuHighResolution"}),
            "fast_alarm_metric_month",
            2,
        ),
    ],
)
def test_target_tracking_is_charged_for_the_two_alarms_that_it_makes(
    policy: dict[str, Any], name: str, count: int
) -> None:
    (line,) = estimate(only({"A": policy}), load_prices()).lines
    assert (line.price, line.count) == (load_prices()[name], count)


def test_container_insights_are_no_part_of_a_free_cluster() -> None:
    setting = {"Name": "containerInsights", "Value": "enhanced"}
    cluster = resource("AWS::ECS::Cluster", ClusterSettings=[setting])
    bill = estimate(only({"A": cluster}), load_prices())
    assert bill.not_priced == ("Container Insights (container_insights_month)",)
    assert estimate(only({"A": resource("AWS::ECS::Cluster")}), load_prices()).not_priced == ()


BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"


@pytest.mark.parametrize(
    ("kind", "properties", "charged"),
    [
        ("AWS::EC2::NatGateway", {}, {"nat_gateway_hour": 1}),
        ("AWS::EC2::EIP", {}, {"public_ipv4_hour": 1}),
        ("AWS::EC2::VPCEndpoint", {}, {}),
        (
            "AWS::EC2::VPCEndpoint",
            {"VpcEndpointType": "Interface", "SubnetIds": [1, 2]},
            {"interface_endpoint_hour": 2},
        ),
        (BALANCER, {"Subnets": [1, 2]}, {"application_load_balancer_hour": 1}),
        (
            BALANCER,
            {"Scheme": "internet-facing", "Subnets": [1, 2, 3]},
            {"application_load_balancer_hour": 1, "public_ipv4_hour": 3},
        ),
        ("AWS::SecretsManager::Secret", {}, {"secret_month": 1}),
        ("AWS::KMS::Key", {}, {"kms_key_month": 1}),
        ("AWS::CloudWatch::Alarm", {"Period": 60}, {"alarm_metric_month": 1}),
        ("AWS::CloudWatch::Alarm", {"Period": 10}, {"fast_alarm_metric_month": 1}),
        (
            "AWS::CloudWatch::Alarm",
            {
                "Metrics": [
                    {"MetricStat": {"Period": 60}},
                    {"MetricStat": {}},
                    {"Expression": "a/b"},
                ]
            },
            {"alarm_metric_month": 2},
        ),
        ("AWS::CloudWatch::CompositeAlarm", {}, {"composite_alarm_month": 1}),
        ("AWS::CloudWatch::Dashboard", {}, {"dashboard_month": 1}),
        ("AWS::ECS::Cluster", {}, {}),
        (
            "AWS::WAFv2::WebACL",
            {"Rules": [{}, {}, {}]},
            {"web_acl_month": 1, "web_acl_rule_month": 3},
        ),
    ],
)
def test_resource_is_charged_by_its_prices(
    kind: str, properties: dict[str, Any], charged: dict[str, int]
) -> None:
    lines = estimate(only({"A": resource(kind, **properties)}), load_prices()).lines
    hours = {name: 730 if name.endswith("_hour") else 1 for name in load_prices()}
    names = {price: name for name, price in load_prices().items()}
    found = {names[line.price]: line for line in lines}
    assert {name: line.count for name, line in found.items()} == charged
    for name, line in found.items():
        assert line.monthly_usd == pytest.approx(line.count * hours[name] * line.price.amount)


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


def test_tasks_on_spot_are_charged_at_half_of_those_on_demand() -> None:
    bill = estimate(only(service_of(ON_DEMAND | {"Base": 2}, SPOT)), load_prices())
    assert counts(bill) == {
        "task (1 vCPUs)": 3,
        "task (2 GB)": 3,
        "task on Spot at half price (1 vCPUs)": 1,
        "task on Spot at half price (2 GB)": 1,
    }
    one = {line.what: line.monthly_usd / line.count for line in bill.lines}
    for size in ("1 vCPUs", "2 GB"):
        half = one[f"task on Spot at half price ({size})"] / one[f"task ({size})"]
        assert half == pytest.approx(0.5, abs=0.001)


def asking(**environment: str) -> dict[str, Any]:
    """Containers with these variables."""
    named = [{"Name": f"LLM_{key}", "Value": value} for key, value in environment.items()]
    return {"ContainerDefinitions": [{"Environment": named}]}


def test_what_the_tasks_write_is_charged_once_and_what_they_read_for_each() -> None:
    containers = asking(METRICS_NAMESPACE="A", REST_AUTH="keys", KEYS_POLL_SECONDS="60")
    lines = {
        line.what: line
        for line in estimate(only(service_of(ON_DEMAND, **containers)), load_prices()).lines
    }
    assert lines["metric that tasks write"].count == len(ServiceMetric)
    reads = lines["task's reads of the API keys"]
    assert reads.count == 4
    assert reads.monthly_usd == pytest.approx(4 * 730 * 60 * 0.000005)


def test_tasks_that_know_no_keys_read_none() -> None:
    containers = asking(REST_AUTH="jwt", GRPC_AUTH="off", KEYS_POLL_SECONDS="60")
    bill = estimate(only(service_of(ON_DEMAND, **containers)), load_prices())
    assert "task's reads of the API keys" not in counts(bill)


def test_metrics_of_ecs_in_more_detail_are_charged() -> None:
    resources = service_of(ON_DEMAND)
    configuration = {"MetricNames": ["CPUUtilization"], "ResolutionSeconds": 20}
    resources["Service"]["Properties"]["Monitoring"] = {"MetricConfigurations": [configuration]}
    assert counts(estimate(only(resources), load_prices()))["20-second metric"] == 1


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
