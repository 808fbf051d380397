"""cdk-nag's AwsSolutions pack over every stage, and what the templates let anybody do."""

import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.acknowledgements import ACKNOWLEDGED, Acknowledged
from infra.build import build
from tests.infra.assemblies import VARIANTS, Assembly, context

# Of the stages as they are; what a feature adds, which no stage has switched on, comes on top.
AT_MOST = 8
EACH_RULE = {(rule, acknowledged) for acknowledged in ACKNOWLEDGED for rule in acknowledged.rules}


class Report(NamedTuple):
    """What the pack finds: the rule, and the construct's path, less its CloudFormation part."""

    open: set[tuple[str, str]]
    acknowledged: set[tuple[str, str]]


@cache
def report(variant: str) -> Report:
    """Of one synth: cdk-nag judges what is acknowledged too, and reports it apart."""
    with TemporaryDirectory() as directory:
        app = App(context=context(), outdir=directory)
        build(app, VARIANTS[variant].settings())
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        with suppress(RuntimeError):  # findings fail the synth; the report is written before
            app.synth()
        written = json.loads(Path(directory, "validation-report.json").read_text(encoding="utf-8"))
    (nag,) = (one for one in written["pluginReports"] if one["pluginName"] == "AwsSolutions")
    return Report(places(nag["violations"]), places(nag.get("suppressedViolations", [])))


def places(violations: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {
        (violation["ruleName"], construct["constructPath"].removesuffix("/Resource"))
        for violation in violations
        for construct in violation["violatingConstructs"]
    }


@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_is_found_that_is_not_acknowledged(variant: str) -> None:
    assert report(variant).open == set()


def test_acknowledgements_are_of_something_that_is_found_and_few() -> None:
    found = {variant: report(variant).open | report(variant).acknowledged for variant in VARIANTS}
    everywhere = set().union(*found.values())
    used = {item for item in EACH_RULE if finds(item, everywhere)}
    assert used == EACH_RULE
    stages = [variant for variant in VARIANTS if not VARIANTS[variant].changes]
    of_stages = set().union(*(found[variant] for variant in stages))
    needed = {place for rule, place in EACH_RULE if finds((rule, place), of_stages)}
    assert len(needed) <= AT_MOST


def finds(item: tuple[str, Acknowledged], found: set[tuple[str, str]]) -> bool:
    """Whether a rule finds something at the construct or below it."""
    rule, place = item
    return any(rule == name and f"{path}/".startswith(f"{place.path}/") for name, path in found)


def test_every_acknowledgement_is_reasoned() -> None:
    assert all(len(acknowledged.reason) > 60 for acknowledged in ACKNOWLEDGED)


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_statement_allows_actions_by_a_wildcard(variant: str, synthesised: Any) -> None:
    assembly: Assembly = synthesised(variant)
    actions = [
        action
        for template in assembly.templates.values()
        for statement in statements(template)
        if statement["Effect"] == "Allow"
        for action in listed(statement.get("Action", "*"))
    ]
    assert actions
    assert [action for action in actions if "*" in action] == []


def statements(node: Any) -> list[dict[str, Any]]:
    """Every statement of every policy in a template, of roles, of users and of resources."""
    if isinstance(node, list):
        return [found for item in node for found in statements(item)]
    if not isinstance(node, dict):
        return []
    own = [node] if "Effect" in node and ("Action" in node or "NotAction" in node) else []
    return own + [found for item in node.values() for found in statements(item)]


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
