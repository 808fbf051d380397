"""The course of the walk, and its table."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import boto3

from delivery.changes import Effect
from sandbox.certificate import ensure_certificate
from sandbox.state import REGION
from tests.day_two.account import Checkout, aws
from tests.day_two.effects import Effects
from tests.day_two.steps import (
    AGAIN,
    DESTROY,
    FIRST,
    MOVE,
    OLD_NETWORK,
    PROD_LIKE,
    PROTECTED,
    STEPS,
    UNPROTECTED,
)
from tests.day_two.walk import Outcome, Walk
from tests.moto.networks import make_vpc

STAGE: Final = "walk"
STACKS: Final = {
    stack: f"llm-on-ecs-{STAGE}-{stack.lower()}" for stack in ("Registry", "Network", "Inference")
}
OTHER_NETWORK: Final = "10.9.0.0/16"
FEW: Final = 6


def walk(tell: Callable[[str], None]) -> Iterator[Outcome]:
    """Every step, in an account of its own."""
    with tempfile.TemporaryDirectory(prefix="day-two-") as folder, aws(Path(folder)):
        checkout = Checkout.make(Path(folder) / "checkout", stage=STAGE)
        yield from _steps(Walk(checkout, values=_prod_like(), tell=tell))


def _steps(walk: Walk) -> Iterator[Outcome]:
    def destroy() -> str:
        return walk.checkout.cdk("destroy", "--all", "--force", *walk.app)

    for step in (FIRST, *STEPS):
        yield walk.deploy(step)
    yield walk.refused(PROTECTED, destroy)
    yield walk.deploy(UNPROTECTED)
    yield walk.deploy(MOVE, existing_vpc=make_vpc(OTHER_NETWORK).settings)
    client = boto3.client("cloudformation")
    network = {"Network": STACKS["Network"]}
    yield walk.delete(
        OLD_NETWORK, network, how=lambda: client.delete_stack(StackName=network["Network"])
    )
    left = {stack: name for stack, name in STACKS.items() if stack not in network}
    yield walk.delete(DESTROY, left, how=destroy)
    yield walk.deploy(AGAIN, "--import-existing-resources")


def _prod_like() -> dict[str, Any]:
    certificate = {"certificate_arn": ensure_certificate(region=REGION)}
    return {**PROD_LIKE, "endpoint": {**PROD_LIKE["endpoint"], **certificate}}


def table(outcomes: Iterator[Outcome]) -> Iterator[str]:
    """Markdown, a line for each step."""
    yield "| step | added | changed | replaced | removed | why that is right |"
    yield "|---|---|---|---|---|---|"
    for outcome in outcomes:
        cells = [_cell(outcome.effects, effect) for effect in COLUMNS]
        yield f"| {' | '.join([outcome.step.name, *cells, outcome.step.why])} |"


COLUMNS: Final = (Effect.ADDED, Effect.CHANGED, Effect.REPLACED, Effect.REMOVED)


def _cell(effects: Effects, effect: Effect) -> str:
    found = sorted(effects.get(effect, ()))
    short = [name.partition("/")[2] for name in found]
    if len(found) > FEW:
        return f"{len(found)} resources"
    return "<br>".join(short)
