"""Breaks a valid stage in one place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from tests.properties.files import Values
from tests.properties.paths import put
from tests.properties.remedies import REMOVED
from tests.properties.space import FEW, MANY, SETTINGS, chosen, values_of
from tests.properties.stages import valid_stages
from tests.properties.wrong_values import (
    OF_TYPE,
    OUTSIDE,
    SECTIONS,
    TABLES,
    WRONG,
    is_not,
    misspelled,
    places,
)

RULE: Final = "broken rule"
_NETWORK: Final = st.sampled_from(["10.0.0.0/8", "0.0.0.0/0", "10.0.0.0/28"])
# What rules are about, and what is drawn too seldom.
_CRON: Final = st.sampled_from(
    ["0 8 ? * FRI-MON *", "0/0 8 ? * * *", "0 8 1 * 2 *", "0 8 30 2 ? *", "0 8 ? *", "0 8 ? * * 1"]
)
UNLIKELY: Final[dict[str, st.SearchStrategy[Any]]] = {
    "api_gateway.require_api_key": st.just(True),
    "endpoint.kind": st.just("api-gateway"),
    "schedules": _CRON.map(lambda cron: {"a": {"cron": cron}}),
    "browser.cors_origins": st.sampled_from([["*"], ["*", "https://a.example"]]),
    "existing_vpc.private_subnet_ids": st.just(["subnet-00000001", "subnet-00000001"]),
    "existing_vpc.id": st.just("vpc-00000001"),
    "governance.tags": st.sampled_from(
        [
            {"aws:x": "1"},
            {"stage": "x"},
            {"Project": "x"},
            {"a": "1", "A": "1"},
        ]
    ),
    "model.path": st.just("s3:own.gguf"),
    "model.weights_mib": st.integers(1, 122_880),
    "monitoring.scrape_from": st.lists(_NETWORK, min_size=1, max_size=2, unique=True),
    "network.cidr": _NETWORK,
    "network.nat_gateways": st.just(0),
    "rollout.step_percent": st.integers(1, 4),
    "rollout.step_minutes": st.sampled_from([1, 1440]),
    "rollout.strategy": st.sampled_from(["canary", "linear", "blue-green"]),
    "scaling.max_tasks": st.integers(1, 3),
    "task.disk_gib": st.just(21),
    "capacity.on_demand_base": st.integers(1, 5),
    "capacity.spot_weight": st.just(1),
}
# What breaks a rule only together, which luck hardly ever puts together.
_SUBNETS: Final = ["subnet-00000001", "subnet-00000002"]
_OWN: Final = {"model.path": "s3:own.gguf", "model.bucket": True, "model.sha256": "0" * 64}
TOGETHER: Final[list[Values]] = [
    {"model.path": "bundled", "engine.context_tokens": 8193},
    {**_OWN, "model.weights_mib": 20_000, "model.kv_bytes_per_token": 1, "task.disk_gib": 21},
    {
        "domain.name": f"{'a' * 60}.example.com",
        "domain.hosted_zone_name": "example.com",
        "domain.hosted_zone_id": "Z1",
        "endpoint.certificate_arn": REMOVED,
    },
    {"browser.cors_origins": ["*"], "auth.rest": "off"},
    {"schedules": {name: {"cron": "0 8 ? * MON *", "min_tasks": 1} for name in "ab"}},
    {"schedules": {"a": {"cron": "0 8 ? * MON *", "time_zone": "Mars/Base"}}},
    {
        "existing_vpc.id": "vpc-00000001",
        "existing_vpc.private_subnet_ids": _SUBNETS,
        "existing_vpc.route_table_ids": ["rtb-00000001"],
        "existing_vpc.egress": "internet",
    },
    {"rollout.strategy": "linear", "rollout.step_percent": 1},
    {"function.enabled": True, "task.image": "a/b:1"},
    {"function.enabled": True, **_OWN},
    {"capacity.spot_weight": 1, "capacity.on_demand_base": 9, "scaling.max_tasks": 9},
    {"endpoint.public": True, "auth.rest": "off"},
    {"endpoint.kind": "api-gateway", "auth.rest": "off"},
    {"endpoint.kind": "api-gateway", "limits.longest_generation_seconds": 3530},
    {"scaling.cpu_percent": 50, "rollout.strategy": "canary"},
    {"governance.tags": {f"t{number}": "x" for number in range(46)}},
    {"speculation.draft_tokens": 7, "engine.slots": 8, "engine.batch_tokens": 64},
    {"speculation.draft_tokens": 7, "engine.embeddings": "last"},
    {"speculation.draft_tokens": 2, "speculation.match_tokens": 3},
]
KEYS: Final = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)


@dataclass(frozen=True, slots=True)
class Broken:
    """A stage with one place changed."""

    name: str
    values: Values
    path: str | None = None
    """The place that is refused whatever the others are; None where that depends on them."""
    value: Any = None


@st.composite
def broken_stages(draw: st.DrawFn, kind: str) -> Broken:
    """Of one of `KINDS`. Those of the last may be valid after all."""
    counts = MANY if kind == RULE else FEW
    name, values = draw(valid_stages(counts=counts))
    return KINDS[kind](draw, name, copy.deepcopy(values))


def _type(draw: st.DrawFn, name: str, values: Values) -> Broken:
    path, wrong = draw(st.sampled_from(WRONG_PLACES))
    value = draw(wrong)
    put(values, path, value)
    return Broken(name, values, path, value)


def _range(draw: st.DrawFn, name: str, values: Values) -> Broken:
    path, wrong = draw(st.sampled_from(OUTSIDE_PLACES))
    value = draw(wrong)
    put(values, path, value)
    return Broken(name, values, path, value)


def _key(draw: st.DrawFn, name: str, values: Values) -> Broken:
    """A key that no section has, or a table without one that it has to have."""
    section = draw(st.sampled_from(["", *SECTIONS, *sorted(TABLES)]))
    if section in TABLES:
        return _key_of_a_table(draw, name, values, section)
    value = draw(st.one_of(st.booleans(), st.integers(0, 9), OF_TYPE[str]))
    word = draw(_unknown(_keys(section)))
    path = f"{section}.{word}" if section else word
    put(values, path, value)
    return Broken(name, values, path, value)


def _key_of_a_table(draw: st.DrawFn, name: str, values: Values, path: str) -> Broken:
    fields = TABLES[path].model_fields
    table = draw(values_of(TABLES[path]))
    required = [key for key in fields if fields[key].is_required()]
    if draw(st.booleans()):
        key, value = draw(st.sampled_from(required)), None
        del table[key]
    else:
        key, value = draw(_unknown(set(fields))), draw(OF_TYPE[str])
        table[key] = value
    put(values, path, {"a": table})
    return Broken(name, values, f"{path}.a.{key}", value)


def _unknown(known: set[str]) -> st.SearchStrategy[str]:
    """At random, or one that is known, spelled wrongly."""
    near = st.sampled_from(sorted(known)).flatmap(misspelled)
    return st.one_of(near, KEYS).filter(is_not(known))


def _others(draw: st.DrawFn, name: str, values: Values) -> Broken:
    """Good values in the place of others, which may break a rule between them."""
    for path, value in draw(chosen(st.integers(1, 20))).items():
        put(values, path, value)
    for path in draw(st.lists(st.sampled_from(sorted(UNLIKELY)), max_size=3, unique=True)):
        put(values, path, draw(UNLIKELY[path]))
    for path, value in draw(st.one_of(st.just({}), st.sampled_from(TOGETHER))).items():
        put(values, path, value)
    return Broken(name, values)


def _keys(section: str) -> set[str]:
    """What a section, or the file itself, has."""
    depth = len(section.split(".")) if section else 0
    inside = [path for path in SETTINGS if not section or path.startswith(f"{section}.")]
    return {path.split(".")[depth] for path in inside} | (set() if section else {"name"})


WRONG_PLACES: Final = places(WRONG)
OUTSIDE_PLACES: Final = places(OUTSIDE)
KINDS: Final[dict[str, Callable[[st.DrawFn, str, Values], Broken]]] = {
    "wrong type": _type,
    "out of range": _range,
    "unknown or missing key": _key,
    RULE: _others,
}
