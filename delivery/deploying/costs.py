"""What a stage has cost so far: by AWS's own count where it may be asked, else by list prices."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from delivery.deploying.deployed import DeployedStage
from infra.names import own_tags
from operations.account import CouldNotAsk
from operations.bill import estimate
from operations.charges import HOURS
from operations.prices import REGION, load_prices
from operations.stacks import deployed_template

# "Each request will incur a cost of $0.01", and the data is renewed "at least once every 24 hours".
# https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/
# https://docs.aws.amazon.com/cost-management/latest/userguide/ce-what-is.html
PRICE_OF_ASKING: Final = "0.01 USD"
KEPT: Final = timedelta(hours=8)
# What Cost Explorer keeps is the current month and the 13 before it.
LONGEST: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount, whose count it is, and what it leaves out."""

    usd: float
    kind: str
    since: str
    note: str = ""

    @property
    def told(self) -> str:
        """In a line."""
        note = f"; {self.note}" if self.note else ""
        return f"{self.usd:.2f} USD since {self.since}, {self.kind}{note}"


def cost_so_far(
    stage: DeployedStage, since: datetime, *, keep_in: Path | None, ask: bool = True
) -> Cost:
    """Cost Explorer's answer, which costs money and is kept for hours; without it a computed sum.

    Raises `CouldNotAsk` where not even the templates may be read.
    """
    if not ask:
        return computed(stage, since, why="Cost Explorer was not asked")
    kept = _kept(keep_in) if keep_in else None
    try:
        counted = kept or _counted(stage, since)
    except CouldNotAsk as error:
        return computed(stage, since, why=f"Cost Explorer was not read: {error}")
    if keep_in and kept is None:
        _keep(counted, keep_in)
    if counted.usd == 0:
        why = (
            "Cost Explorer has nothing under our tags yet: it takes a day, and project and stage "
            f"activated as cost allocation tags ({counted.note})"
        )
        return computed(stage, since, why=why)
    return counted


def _counted(stage: DeployedStage, since: datetime) -> Cost:
    today = datetime.now(UTC).date()
    start = max(since.date(), today - LONGEST)
    answer = stage.account.ask(
        "ce",
        "GetCostAndUsage",
        TimePeriod={"Start": f"{start}", "End": f"{today + timedelta(days=1)}"},
        Granularity="MONTHLY",
        Metrics=["UnblendedCost"],
        Filter={"And": [_tag(key, value) for key, value in own_tags(stage.name).items()]},
    )
    periods = (answer or {})["ResultsByTime"]
    usd = sum(float(item["Total"]["UnblendedCost"]["Amount"]) for item in periods)
    asked = f"{datetime.now(UTC):%F %H:%M} UTC"
    note = f"up to a day behind; asked at {asked} for {PRICE_OF_ASKING}, and not again for 8 hours"
    return Cost(round(usd, 2), "by Cost Explorer under our tags", f"{start}", note)


def _tag(key: str, value: str) -> dict[str, Any]:
    return {"Tags": {"Key": key, "Values": [value]}}


def _kept(file: Path) -> Cost | None:
    """The last answer, while Cost Explorer could hardly give another."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        asked, cost = datetime.fromisoformat(told["asked"]), Cost(**told["cost"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return cost if datetime.now(UTC) - asked < KEPT else None


def _keep(cost: Cost, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    told = {"asked": datetime.now(UTC).isoformat(), "cost": asdict(cost)}
    file.write_text(json.dumps(told), encoding="utf-8")


def computed(stage: DeployedStage, since: datetime, *, why: str) -> Cost:
    """The month at the least number of tasks, for the time that the stage has been there."""
    found = {name: deployed_template(stage.account, name) for name in stage.stacks()}
    templates = {name: template for name, template in found.items() if template is not None}
    monthly = estimate(templates, load_prices()).monthly_usd
    hours = (datetime.now(UTC) - since).total_seconds() / 3600
    kind = f"computed by list prices of {REGION}, at the least number of tasks, without traffic"
    return Cost(round(monthly / HOURS * hours, 2), kind, f"{_day(since)}", why)


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
