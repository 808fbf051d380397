"""The table of updates in place: what it says, that each entry has a source, and what it misses."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from delivery import schemas
from delivery.changes import LEFT_OUT
from delivery.risk.conditions import holds
from delivery.risk.grades import Grade
from delivery.risk.updates import FOLDER, TypeRules, rules_of
from tests.infra.assemblies import VARIANTS, Assembly

ENTRIES = {
    kind: entry
    for file in sorted(FOLDER.glob("*.toml"))
    for kind, entry in tomllib.loads(file.read_text(encoding="utf-8")).items()
}
SERVICE = "AWS::ECS::Service"
TARGETS = "AWS::ElasticLoadBalancingV2::TargetGroup"
DELAY = "deregistration_delay.timeout_seconds"


def rules(kind: str) -> TypeRules:
    found = rules_of(kind)
    assert found is not None
    return found


def grades(kind: str, name: str, old: Any, new: Any, *, renewed: bool = False) -> set[Grade]:
    return {reason.grade for reason in rules(kind).judge(name, old, new, renewed=renewed)}


def delay(seconds: int, *others: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": DELAY, "Value": str(seconds)}, *others]


def test_limit_that_is_lowered_interrupts_and_one_that_is_raised_does_not() -> None:
    name = "TargetGroupAttributes"
    assert grades(TARGETS, name, delay(300), delay(60)) == {Grade.INTERRUPTS}
    assert grades(TARGETS, name, delay(60), delay(300)) == {Grade.HARMLESS}


def test_silence_of_a_stream_that_is_cut_sooner_interrupts() -> None:
    def idle(seconds: int) -> list[dict[str, str]]:
        return [{"Key": "idle_timeout.timeout_seconds", "Value": str(seconds)}]

    kind, name = "AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerAttributes"
    assert grades(kind, name, idle(300), idle(60)) == {Grade.INTERRUPTS}
    assert grades(kind, name, idle(60), idle(300)) == {Grade.HARMLESS}


def test_versions_of_a_bucket_are_lost_only_where_they_are_no_longer_kept() -> None:
    kind, name = "AWS::S3::Bucket", "VersioningConfiguration"
    on, off = {"Status": "Enabled"}, {"Status": "Suspended"}
    assert grades(kind, name, on, off) == grades(kind, name, on, None) == {Grade.DESTROYS}
    assert grades(kind, name, off, on) == grades(kind, name, None, on) == {Grade.HARMLESS}


def test_log_that_is_kept_for_ever_loses_nothing() -> None:
    kind, name = "AWS::Logs::LogGroup", "RetentionInDays"
    assert grades(kind, name, 30, None) == {Grade.HARMLESS}
    assert grades(kind, name, None, 30) == grades(kind, name, 30, 7) == {Grade.DESTROYS}


def test_attribute_of_which_nothing_is_known_interrupts_beside_one_that_is_harmless() -> None:
    new = delay(300, {"Key": "load_balancing.algorithm.type", "Value": "round_robin"})
    unheard_of = delay(300, {"Key": "new.one", "Value": "1"})
    assert grades(TARGETS, "TargetGroupAttributes", delay(300), new) == {Grade.HARMLESS}
    assert grades(TARGETS, "TargetGroupAttributes", delay(300), unheard_of) == {Grade.INTERRUPTS}


def test_only_the_part_that_changes_is_judged() -> None:
    old = {"MinimumHealthyPercent": 100, "MaximumPercent": 200}
    (reason,) = rules(SERVICE).judge(
        "DeploymentConfiguration", old, old | {"MinimumHealthyPercent": 50}, renewed=False
    )
    assert reason.text.startswith("DeploymentConfiguration.MinimumHealthyPercent: ")


def test_property_that_names_a_replaced_resource_changes_in_every_direction() -> None:
    group = [{"Ref": "Group"}]
    name = "SecurityGroupIngress"
    kind = "AWS::EC2::SecurityGroup"
    assert grades(kind, name, group, group, renewed=True) == {Grade.INTERRUPTS}


@pytest.mark.parametrize(
    ("condition", "old", "new", "found"),
    [
        ("lowered", 3, 2, True),
        ("lowered", 2, 3, False),
        ("lowered", "60", "30", True),
        ("lowered", "true", "false", True),
        ("lowered", None, 30, True),
        ("lowered", {"Ref": "A"}, {"Ref": "B"}, True),
        ("raised", False, True, True),
        ("raised", True, False, False),
        ("shortened", 30, 7, True),
        ("shortened", 7, 30, False),
        ("shortened", None, 30, True),
        ("shortened", 30, None, False),
        ("disabled", "Enabled", "Suspended", True),
        ("disabled", "Enabled", None, True),
        ("disabled", "Suspended", "Enabled", False),
        ("disabled", None, "Enabled", False),
        ("removed", ["a", "b"], ["b"], True),
        ("removed", ["a"], ["b", "a"], False),
        ("removed", None, ["a"], False),
        ("removed", ["a"], None, True),
        ("removed", ["a"], {"Ref": "List"}, True),
        ("", 1, 1, True),
    ],
)
def test_direction_of_a_change(condition: str, old: Any, new: Any, found: bool) -> None:
    assert holds(condition, old, new) is found


ALLOW, OTHER, DENY = ({"Effect": effect, "Action": "a"} for effect in ("Allow", "allow", "Deny"))


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ([ALLOW], [ALLOW, {**ALLOW, "Action": "b"}], False),
        ([ALLOW], [], True),
        ([ALLOW], [ALLOW, DENY], True),
        ([ALLOW], [ALLOW, OTHER], True),
        ([ALLOW], {"Fn::If": ["A", [], []]}, True),
    ],
)
def test_policy_narrows_where_a_statement_goes_or_a_denial_comes(
    old: Any, new: Any, found: bool
) -> None:
    assert holds("narrowed", {"Statement": old}, {"Statement": new}) is found


@pytest.mark.parametrize("kind", ENTRIES)
def test_every_entry_has_a_page_that_says_so(kind: str) -> None:
    entry = ENTRIES[kind]
    pages = [entry["source"]]
    for grade in (Grade.INTERRUPTS, Grade.DESTROYS):
        pages += [said[1] for said in entry.get(grade, {}).values() if isinstance(said, list)]
    assert all(page.startswith("https://") for page in pages)


@pytest.mark.parametrize("kind", ENTRIES)
def test_every_entry_is_of_a_property_that_there_is_and_that_is_changed_in_place(kind: str) -> None:
    known, replacing = schemas.properties(kind), schemas.replacing(kind)
    for path in rules(kind).rules:
        name = path.partition(".")[0]
        assert name in known or name == "Tags", path
        assert (name,) not in replacing, path


@pytest.mark.parametrize("kind", ENTRIES)
def test_no_entry_has_a_key_that_nobody_reads(kind: str) -> None:
    known = {"source", "harmless", "added", "removed", "routine", "interrupts", "destroys"}
    assert ENTRIES[kind].keys() <= known


def judged(assembly: Assembly) -> Iterator[tuple[str, str]]:
    """Type and name of each property that can change in place."""
    for template in assembly.templates.values():
        for body in template["Resources"].values():
            kind = body["Type"]
            if kind not in LEFT_OUT:
                replacing = {path[0] for path in schemas.replacing(kind) if len(path) == 1}
                perhaps = {path[0] for path in schemas.perhaps_replacing(kind)}
                for name in body.get("Properties", {}).keys() - replacing - perhaps:
                    yield kind, name


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_property_of_our_templates_is_judged(
    variant: str, synthesised: Callable[[str], Assembly]
) -> None:
    unknown = {
        f"{kind}.{name}"
        for kind, name in judged(synthesised(variant))
        if not ((found := rules_of(kind)) and found.knows(name))
    }
    assert unknown == set(), "say in delivery/risk/updates/ what their change does"
