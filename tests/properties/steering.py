"""Values that have to fit each other, which refusals one by one would only take away."""

from __future__ import annotations

import re
from typing import Any, Final

from hypothesis import strategies as st

from infra.sections.task import FARGATE_MEMORY_MIB
from tests.properties.files import Values
from tests.properties.paths import flat, put, value_at
from tests.properties.remedies import REMOVED, Refusal
from tests.properties.space import VALUES
from tests.properties.well_formed import crons

_NEEDED: Final = re.compile(r"about (\d+) MiB are needed")
IN_BUCKET: Final = ("model.sha256", "model.weights_mib", "model.kv_bytes_per_token")
DOMAIN: Final = ("domain.hosted_zone_name", "domain.hosted_zone_id", "domain.name")
BUDGET: Final = "monitoring.monthly_budget_usd"
HEARERS: Final = "alarms.emails"
TASKS: Final = ("scaling.min_tasks", "scaling.max_tasks")
ON_DEMAND: Final = "capacity.on_demand_base"
GUESSES: Final = ("speculation.draft_tokens", "speculation.match_tokens")
ALGORITHM: Final = "load_balancer.algorithm"
SIZE: Final = ("task.cpu", "task.memory_mib")
# What takes memory, and how little of it is little.
SMALL: Final = {
    "engine.slots": 4,
    "engine.context_tokens": 512,
    "engine.batch_tokens": 255,
    "engine.prompt_cache_mib": 8,
    "model.weights_mib": 500,
    "model.kv_bytes_per_token": 30_000,
}
VPC: Final = (
    *("existing_vpc.id", "existing_vpc.cidr"),
    *("existing_vpc.private_subnet_ids", "existing_vpc.public_subnet_ids"),
)
EGRESS: Final = "existing_vpc.egress"
PUBLIC: Final = "endpoint.public"
NEW_VPC: Final = ("network.cidr", "network.zones", "network.nat_gateways", "network.flow_logs")
PLACE: Final = ("deploy.region", "deploy.account")
MOST_SIZES: Final = 20
MOSTLY: Final = st.sampled_from([True, True, True, False])


def steer(draw: st.DrawFn, values: Values) -> None:
    """Complete what was drawn in part, before it is looked at."""

    def has(*paths: str) -> bool:
        return any(value_at(values, path) is not None for path in paths)

    if has(*DOMAIN):
        _name_in_a_zone(draw, values)
    if has(*IN_BUCKET) and draw(st.booleans()):
        _model_in_the_bucket(draw, values)
    if value_at(values, PUBLIC) and draw(MOSTLY):
        _public(draw, values)
    if has(*VPC, EGRESS):
        _vpc(draw, values)
    _one_place(draw, values)
    if has(BUDGET):
        _have(draw, values, HEARERS)
    if has(*TASKS, ON_DEMAND) or value_at(values, ALGORITHM) == "weighted-random":
        _tasks(draw, values)
    if has(ON_DEMAND):
        put(values, "capacity.spot_weight", draw(st.integers(1, 1000)))
        put(values, ON_DEMAND, draw(st.integers(1, max(1, value_at(values, TASKS[1]) - 1))))
    if has("rollout.second_target_group", "rollout.strategy") and draw(MOSTLY):
        put(values, "endpoint.grpc", False)
    if has("schedules") and draw(MOSTLY):
        # What one of them sets, another has to undo.
        put(values, "schedules.back", {"cron": draw(crons())})
    if has(*GUESSES) and draw(MOSTLY):
        _guesses(draw, values)
    if has("delivery.provider_arn"):
        _have(draw, values, "delivery.repository")


def _guesses(draw: st.DrawFn, values: Values) -> None:
    """That have room in a batch, by an engine that makes no vectors."""
    tokens, slots = draw(st.integers(2, 15)), draw(st.integers(1, 4))
    for path, value in zip(GUESSES, (tokens, draw(st.integers(2, tokens))), strict=True):
        put(values, path, value)
    put(values, "engine.slots", slots)
    put(values, "engine.batch_tokens", max(64, 2 * slots * (1 + tokens)))
    put(values, "engine.embeddings", "off")


def _one_place(draw: st.DrawFn, values: Values) -> None:
    """All that is named by its ARN in one account and region, to which the stage may be pinned."""
    place = (draw(st.sampled_from(["us-east-1", "eu-west-1"])), "123456789012")
    for path, value in flat(values).items():
        if isinstance(value, str) and value.startswith("arn:"):
            _, _, service, region, account, *rest = value.split(":")
            there = [region and place[0], place[1] if account.isdecimal() else account]
            put(values, path, ":".join(["arn", "aws", service, *there, *rest]))
    for path, name in zip(PLACE, place, strict=True):
        if value_at(values, path) is not None and draw(MOSTLY):
            put(values, path, name)


def _vpc(draw: st.DrawFn, values: Values) -> None:
    """All that an existing VPC needs, and nothing of one that would be made; or the reverse."""
    if draw(st.booleans()):
        put(values, VPC[0].partition(".")[0], REMOVED)
        return
    for path in NEW_VPC:
        put(values, path, REMOVED)
    for path in VPC[:2]:
        _have(draw, values, path)
    first = draw(st.integers(0, 0xFFFF))
    subnets = [f"subnet-{number:017x}" for number in range(first, first + 6)]
    count = draw(st.integers(2, 3))
    put(values, VPC[2], subnets[:count])
    if value_at(values, PUBLIC) or value_at(values, VPC[3]):
        put(values, VPC[3], subnets[3 : 3 + draw(st.integers(2, 3))])
    if value_at(values, EGRESS) == "endpoints-made" and draw(MOSTLY):
        _have(draw, values, "existing_vpc.route_table_ids")


def _public(draw: st.DrawFn, values: Values) -> None:
    """Over HTTPS, for somebody, who says who that is."""
    put(values, "endpoint.kind", REMOVED)
    _have(draw, values, "endpoint.allowed_networks")
    if not value_at(values, DOMAIN[-1]):
        _have(draw, values, "endpoint.certificate_arn")
    for transport in ("auth.rest", "auth.grpc"):
        if value_at(values, transport) == "off":
            put(values, transport, REMOVED)


def _name_in_a_zone(draw: st.DrawFn, values: Values) -> None:
    zone, _, _ = (_have(draw, values, path) for path in DOMAIN)
    put(values, DOMAIN[-1], f"{draw(st.sampled_from(['llm.', 'a.b.', '']))}{zone}")


def _model_in_the_bucket(draw: st.DrawFn, values: Values) -> None:
    for path in IN_BUCKET:
        _have(draw, values, path)
    put(values, "model.path", "s3:own-q8_0-0123456789ab.gguf")
    put(values, "model.bucket", True)


def _tasks(draw: st.DrawFn, values: Values) -> None:
    least, most = TASKS
    fewest = draw(st.integers(1, 50))
    if value_at(values, ALGORITHM) == "weighted-random":
        fewest = max(3, fewest)
    put(values, least, fewest)
    put(values, most, draw(st.integers(fewest, 1000)))


def _have(draw: st.DrawFn, values: Values, path: str) -> Any:
    if not value_at(values, path):
        put(values, path, draw(VALUES[path].filter(bool)))
    return value_at(values, path)


def mended_by_hand(draw: st.DrawFn, values: Values, refusal: Refusal) -> bool:
    """Whether this could mend what was refused: no single value does."""
    if refusal.path in DOMAIN and refusal.remedy.startswith(("add it", "choose a name")):
        _name_in_a_zone(draw, values)
    elif refusal.path in TASKS:
        _tasks(draw, values)
    elif refusal.path == BUDGET:
        _have(draw, values, HEARERS)
    elif needed := _NEEDED.search(refusal.text):
        _make_room(draw, values, refusal, int(needed[1]))
    else:
        return False
    return True


def _make_room(draw: st.DrawFn, values: Values, refusal: Refusal, needed_mib: int) -> None:
    sizes = [
        (cpu, memory)
        for cpu, offered in FARGATE_MEMORY_MIB.items()
        for memory in offered
        if memory >= needed_mib
    ]
    if refusal.path == SIZE[1] and sizes:
        for path, value in zip(SIZE, draw(st.sampled_from(sizes[:MOST_SIZES])), strict=True):
            put(values, path, value)
        return
    for path, most in SMALL.items():
        if value_at(values, path, 0) > most:
            put(values, path, draw(st.sampled_from([most, REMOVED])))
