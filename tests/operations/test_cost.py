"""What a stage costs with no task, at the bounds of its scaling and per million tokens."""

import json
import subprocess
import sys
from typing import Any

import pytest

from operations.cost.change import causes_of, changed_cost
from operations.cost.figures import Cost, cost_of
from operations.cost.report import as_json, lines
from operations.prices import Price, load_prices
from operations.stage import ROOT, SynthesisedStage, Template
from operations.tasks import Level
from operations.throughput import Measurement, load_measurements, measured

SOURCE = "https://example.org"
PRICES = {
    name: Price(usd, "h", name, "us-east-1", "2026-01-01", SOURCE)
    for name, usd in {"fargate_vcpu_hour": 0.5, "fargate_gb_hour": 0, "nat_gateway_hour": 1}.items()
}
MEASURED = Measurement(
    tokens_per_second=100,
    streams=8,
    vcpus=2,
    processors="X86_64",
    model="bundled",
    machine="a machine",
    limits="nothing else ran",
    date="2026-01-01",
    command="python -m bench.generator",
)


def task(
    *, cpu: int = 2048, slots: int = 8, model: str = "bundled", processors: str = "X86_64"
) -> dict[str, Any]:
    environment = [
        {"Name": "LLM_SLOTS", "Value": str(slots)},
        {"Name": "LLM_MODEL_PATH", "Value": model},
    ]
    return {
        "Cpu": str(cpu),
        "Memory": "4096",
        "RuntimePlatform": {"CpuArchitecture": processors},
        "ContainerDefinitions": [{"Environment": environment}],
    }


def stage(
    *, least: int = 2, most: int = 10, schedules: tuple[int, ...] = (), nats: int = 1, **size: Any
) -> dict[str, Template]:
    """The templates of a service whose task costs 1 USD an hour, and its network's."""
    service = {"LaunchType": "FARGATE", "TaskDefinition": {"Ref": "Task"}}
    target = {
        "ResourceId": {"Fn::Join": ["/", [{"Ref": "Service"}]]},
        "MinCapacity": least,
        "MaxCapacity": most,
        "ScheduledActions": [{"ScalableTargetAction": {"MaxCapacity": item}} for item in schedules],
    }
    resources = {
        "Service": ("AWS::ECS::Service", service),
        "Task": ("AWS::ECS::TaskDefinition", task(**size)),
        "Target": ("AWS::ApplicationAutoScaling::ScalableTarget", target),
    } | {f"Nat{index}": ("AWS::EC2::NatGateway", {}) for index in range(nats)}
    bodies = {
        name: {"Type": kind, "Properties": properties}
        for name, (kind, properties) in resources.items()
    }
    return {"stack": {"Resources": bodies}}


def cost(tokens_per_second: float | None = None, **settings: Any) -> Cost:
    return cost_of(stage(**settings), PRICES, [MEASURED], tokens_per_second=tokens_per_second)


def months(cost: Cost) -> list[float]:
    return [cost.monthly_usd(level) for level in Level]


def test_idle_has_no_task_and_the_bounds_have_theirs() -> None:
    assert months(cost()) == [730, 730 + 2 * 730, 730 + 10 * 730]


def test_schedule_that_raises_the_maximum_counts_and_one_that_lowers_it_does_not() -> None:
    assert months(cost(schedules=(0, 12)))[-1] == 13 * 730


def test_idle_bill_names_no_task() -> None:
    assert [line.what for line in cost().bills[Level.IDLE].lines] == ["NAT gateway"]


def test_million_tokens_cost_all_of_the_stage_by_what_its_tasks_generate() -> None:
    tokens_an_hour = 2 * 100 * 3600
    assert cost().per_million(Level.MINIMUM) == pytest.approx(3 / tokens_an_hour * 1e6)
    assert cost().per_million_more() == pytest.approx(1 / (100 * 3600) * 1e6)


def test_service_of_a_fixed_size_is_divided_by_all_of_its_tasks() -> None:
    fixed = cost(least=2, most=2)
    assert fixed.per_million_more() == pytest.approx(1 / (100 * 3600) * 1e6)


def test_own_throughput_stands_instead_of_the_measured_one() -> None:
    own = cost(tokens_per_second=50)
    assert own.per_million(Level.MINIMUM) == pytest.approx(3 / (2 * 50 * 3600) * 1e6)
    assert "50 tokens a second and task, as you say" in "\n".join(lines(own, stage="own"))


@pytest.mark.parametrize(
    "size",
    [{"cpu": 1024}, {"slots": 4}, {"model": "s3://b/m.gguf"}, {"processors": "ARM64"}],
)
def test_nothing_is_computed_for_what_was_not_measured(size: dict[str, Any]) -> None:
    unknown = cost(**size)
    assert unknown.per_million(Level.MINIMUM) is None
    assert "TOKENS_PER_SECOND" in "\n".join(lines(unknown, stage="own"))


def test_tokens_have_no_price_where_some_task_has_none() -> None:
    prices = {name: price for name, price in PRICES.items() if name != "fargate_gb_hour"}
    unknown = cost_of(stage(), prices, [MEASURED])
    assert unknown.throughput is not None
    assert [unknown.per_million(level) for level in Level] == [None] * 3
    assert "has no price of task (4 GB)" in "\n".join(lines(unknown, stage="own"))


def test_larger_task_is_assumed_to_be_no_faster_and_says_so() -> None:
    found = measured(task(cpu=4096), [MEASURED])
    assert found is not None
    assert (found.tokens_per_second, found.is_least) == (100, True)
    assert "at most" in "\n".join(lines(cost(cpu=4096), stage="own"))
    assert "at most" not in "\n".join(lines(cost(), stage="own"))
    assert "4 vCPUs were not measured: assumed no faster than 2" in found.basis


def test_every_measurement_says_where_when_and_how() -> None:
    measurements = load_measurements()
    assert measurements
    for item in measurements:
        assert item.command.startswith("python -m bench.generator")
        assert item.machine
        assert item.limits


def test_measured_model_is_the_one_that_our_stages_run(dev: SynthesisedStage) -> None:
    found = cost_of(dev.templates, load_prices(), load_measurements())
    assert found.throughput is not None


def test_text_names_each_price_with_its_source_and_the_range_of_tasks() -> None:
    text = "\n".join(lines(cost(), stage="own"))
    assert "2 to 10 x task (2 vCPUs) (0.5 per h, 2026-01-01, https://example.org)" in text


def test_program_gets_the_same_figures() -> None:
    document = json.loads(as_json(cost(), stage="own"))
    assert list(document["monthly_usd"].values()) == months(cost())
    assert document["tasks"] == {"idle": 0, "minimum": 2, "maximum": 10}
    assert document["throughput"]["tokens_per_second"] == 100


def test_change_that_costs_nothing_is_one_sentence() -> None:
    assert changed_cost({"dev": (cost(), cost())}) == "**Cost**: no stage's cost changes.\n"


def test_change_is_told_by_cause_at_both_bounds() -> None:
    told = changed_cost({"dev": (cost(), cost(nats=3, most=12))})
    assert "| dev | 730 → **2190** | 2190 → **3650** | 8030 → **10950** |" in told
    assert "- `dev`: +1460.00: 1 → 3 x NAT gateway" in told
    assert "+0.00 at the minimum, +1460.00 at the maximum: 10 → 12 x task (2 vCPUs)" in told


def test_largest_cause_comes_first() -> None:
    causes = causes_of(cost(), cost(nats=5, most=11))
    assert [item.maximum for item in causes] == [4 * 730, 730]


def test_price_of_tokens_is_told_where_the_month_stays_the_same() -> None:
    told = changed_cost({"dev": (cost(), cost(slots=4))})
    assert "| dev | 730 | 2190 | 8030 | 3.06 → **?** |" in told


def test_other_size_of_task_is_one_cause_gone_and_one_come() -> None:
    causes = causes_of(cost(), cost(cpu=4096))
    assert {(item.what, item.before, item.after) for item in causes} == {
        ("task (2 vCPUs)", 2, 0),
        ("task (4 vCPUs)", 0, 2),
    }


def test_new_charge_without_a_price_is_told_though_no_sum_moves() -> None:
    after = stage()
    after["stack"]["Resources"]["Files"] = {"Type": "AWS::FSx::FileSystem", "Properties": {}}
    more = cost_of(after, PRICES, [MEASURED])
    assert "- `dev`: new, not priced: AWS::FSx::FileSystem" in changed_cost({"dev": (cost(), more)})
    back = changed_cost({"dev": (more, cost())})
    assert "- `dev`: no more, not priced: AWS::FSx::FileSystem" in back


def test_stage_that_is_new_costs_nothing_before() -> None:
    told = changed_cost({"new": (cost_of({}, PRICES, []), cost())})
    assert "| new | 0 → **730** |" in told


@pytest.mark.parametrize("rate", ["0", "-1", "many", "inf"])
def test_throughput_that_is_no_rate_is_refused_in_a_sentence(rate: str) -> None:
    words = [sys.executable, "-m", "operations.cost", "--tokens-per-second", rate]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"got '{rate}'; write a number above 0" in done.stderr
