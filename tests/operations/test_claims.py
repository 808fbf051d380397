"""The list of claims holds what it promises, and the harness never says more than it saw."""

import io
from collections import Counter
from typing import Any

import boto3
import pytest
from rich.console import Console

from operations.account import Account, CouldNotAsk
from operations.stage import ROOT
from operations.verify.claim import ByHand, Claim, Outcome, Verdict, refuted, verified
from operations.verify.deployment import Deployment
from operations.verify.edge import body_rules_only_count
from operations.verify.listing import CLAIMS
from operations.verify.report import tell
from operations.verify.run import verify


def claim(how: object) -> Claim:
    return Claim(id="x", sentence="", made_in="", source="", costs="", how=how)  # type: ignore[arg-type]


def outcome(how: object) -> Outcome:
    nowhere = Deployment(Account(boto3.Session()), stage="none")
    ((_, seen),) = verify([claim(how)], nowhere)
    return seen


@pytest.mark.parametrize("each", CLAIMS, ids=lambda each: each.id)
def test_claim_names_a_file_a_source_a_cost_and_a_way(each: Claim) -> None:
    assert (ROOT / each.made_in).is_file()
    assert all((each.sentence.endswith("."), each.source, each.costs))
    assert callable(each.how) or each.how.steps


def test_claims_have_names_of_their_own() -> None:
    assert [name for name, count in Counter(each.id for each in CLAIMS).items() if count > 1] == []


def test_what_only_a_person_can_do_is_never_called_verified() -> None:
    seen = outcome(ByHand(("look", "see")))
    assert (seen.verdict, seen.saw) == (Verdict.BY_HAND, "look / see")


def test_check_that_could_not_ask_is_not_shown() -> None:
    def check(_: Deployment) -> Outcome:
        raise CouldNotAsk("needs permission ecs:DescribeServices")

    assert outcome(check) == Outcome(Verdict.NOT_SHOWN, "needs permission ecs:DescribeServices")


@pytest.mark.parametrize("seen", [verified("it"), refuted("another")])
def test_what_a_check_saw_is_passed_on(seen: Outcome) -> None:
    assert outcome(lambda _: seen) is seen


@pytest.mark.parametrize(("is_aws", "word"), [(True, "verified"), (False, "rehearsed")])
def test_only_aws_verifies(is_aws: bool, word: str) -> None:
    console = Console(file=io.StringIO(), record=True, width=200)
    tell([(claim(ByHand(())), verified("it"))], console, is_aws=is_aws)
    assert console.export_text().startswith(word)


@pytest.mark.parametrize(("endpoint", "is_aws"), [(None, True), ("http://localhost:4566", False)])
def test_endpoint_in_the_place_of_aws_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, endpoint: str | None, is_aws: bool
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert Account(boto3.Session(region_name="eu-west-1")).is_aws is is_aws


class Guarded(Deployment):
    """A stage whose firewall counts one rule of a group that has these rules."""

    def __init__(self, rules: list[str]) -> None:
        super().__init__(Account(boto3.Session()), stage="none")
        self._rules = rules

    def physical_ids(self, resource_type: str, *, stack: str = "inference") -> list[str]:
        return ["acl|1|REGIONAL"]

    def ask(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        if operation == "DescribeManagedRuleGroup":
            return {"Rules": [{"Name": name} for name in self._rules]}
        counted = {
            "VendorName": "AWS",
            "Name": "Common",
            "RuleActionOverrides": [{"Name": "A_BODY"}],
        }
        group = {"Statement": {"ManagedRuleGroupStatement": counted}}
        return {"WebACL": {"Rules": [group, {"Statement": {"RateBasedStatement": {}}}]}}


def test_rule_that_aws_adds_and_that_looks_at_a_body_refutes_the_claim() -> None:
    assert body_rules_only_count(Guarded(["A_BODY", "B_QUERY"])).verdict is Verdict.VERIFIED
    seen = body_rules_only_count(Guarded(["A_BODY", "New_BODY"]))
    assert (seen.verdict, "New_BODY" in seen.saw) == (Verdict.REFUTED, True)
