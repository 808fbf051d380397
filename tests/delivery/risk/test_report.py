"""What a verdict tells a person, a program and a pull request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from delivery.assemblies import Assembly
from delivery.risk.grades import Grade
from delivery.risk.markdown import MOST_CHARACTERS, MOST_RISKS, failing_lines, section
from delivery.risk.report import as_json, failures, lines
from delivery.risk.verdict import Verdict, judge
from tests.delivery.templates import Template, repository, resource, task, template

BEFORE = template(Repo=repository("a"), Log=resource("Logs::LogGroup"), Task=task("1024"))
AFTER = template(Repo=repository("b"), Log=resource("Logs::LogGroup"), Task=task("2048"))


@pytest.fixture
def judged(tmp_path: Path) -> Any:
    """A verdict of one stack's update."""

    def verdict(before: Template, after: Template, **accepted: str) -> Verdict:
        artifacts = {"Stack": {"type": "aws:cloudformation:stack", "properties": {}}}
        (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
        (tmp_path / "Stack.template.json").write_text(json.dumps(after))
        stacks = {"Stack": before, "Gone": template(Repo=repository("old"))}
        return judge("dev", stacks, Assembly(tmp_path), base="the last one", accepted=accepted)

    return verdict


def test_counts_come_first_and_then_the_worst(judged: Any) -> None:
    told = list(lines(judged(BEFORE, AFTER)))
    assert told[0] == "Stage dev against the last one: 1 replaces, 1 harmless"
    assert told[1].split() == ["REPLACES", "Stack", "Repo", "(AWS::ECR::Repository)"]
    assert not any("Task" in line for line in told)


def test_what_is_harmless_is_shown_on_demand_with_its_source(judged: Any) -> None:
    text = "\n".join(lines(judged(BEFORE, AFTER), everything=True))
    assert "HARMLESS     Stack Task" in text
    assert "a new revision, which the service rolls out  [https://" in text


def test_failure_is_a_sentence_with_the_loss_and_how_to_go_on(judged: Any) -> None:
    (sentence,) = failures(judged(BEFORE, AFTER))
    assert sentence.startswith("dev: Stack Repo (AWS::ECR::Repository): replaces: RepositoryName.")
    assert "The old one stays in the account" in sentence
    assert "pass ACCEPT=Repo, or add it with the reason to section [dev] of" in sentence
    assert "delivery/baseline/accepted.toml" in sentence


def test_accepted_loss_does_not_fail(judged: Any) -> None:
    verdict = judged(BEFORE, AFTER, Repo="images move")
    assert list(failures(verdict)) == []
    assert "accepted: images move" in section([verdict])


def test_acceptance_of_what_does_not_happen_is_told(judged: Any) -> None:
    assert "accepted, and does not happen: Other" in "\n".join(
        lines(judged(BEFORE, AFTER, Other="?"))
    )


def test_stack_that_left_the_app_is_told(judged: Any) -> None:
    assert "stack Gone is in the app no more" in "\n".join(lines(judged(BEFORE, AFTER)))
    assert "stack Gone is in the app no more" in section([judged(BEFORE, AFTER)])


def test_exports_and_names_of_other_stacks_are_judged_too(judged: Any) -> None:
    user = resource("ECS::Service", Properties={"Subnets": [{"Fn::ImportValue": "gone"}]})
    verdict = judged(template(), template(User=user))
    assert [risk.key for risk in verdict.failures] == ["gone"]
    verdict = judged(template(), template(Images=repository("old")))
    assert [risk.key for risk in verdict.failures] == ["Images"]


def test_output_that_is_gone_is_told_and_does_not_fail(judged: Any) -> None:
    told = {"Url": {"Value": "1"}, "Shared": {"Value": "1", "Export": {"Name": "a"}}}
    (risk,) = judged({**template(), "Outputs": told}, template()).risks
    assert (risk.key, risk.grade, risk.fails) == ("Url", Grade.INTERRUPTS, False)
    added = judged(template(), {**template(), "Outputs": told})
    assert added.risks == ()


def test_program_gets_everything(judged: Any) -> None:
    (document,) = json.loads(as_json([judged(BEFORE, AFTER)]))
    assert document["ok"] is False
    assert document["counts"]["replaces"] == 1
    (failing,) = [risk for risk in document["risks"] if risk["fails"]]
    assert (failing["key"], failing["grade"]) == ("Repo", "replaces")


def test_table_has_a_row_for_each_stage_and_a_column_for_each_grade(judged: Any) -> None:
    head, _, row, *_ = section([judged(BEFORE, AFTER)]).splitlines()
    assert [cell.strip() for cell in head.split("|")[2:-1]] == list(Grade)
    assert [cell.strip() for cell in row.split("|")[1:-1]] == ["dev", "", "", "1", "", "1"]


def test_section_stays_short_whatever_changes(judged: Any) -> None:
    alarms = {f"Alarm{index}": resource("CloudWatch::Alarm") for index in range(200)}
    verdict = judged(template(**alarms, **{f"Repo{'x' * 900}": repository("a")}), template())
    told = section([verdict]).splitlines()
    assert len(told) < MOST_RISKS + 10
    assert max(map(len, [*told, *failing_lines([verdict])])) <= MOST_CHARACTERS
    assert "... and 180 more: `make diff-risk`" in "\n".join(told)


def test_no_stage_is_no_section() -> None:
    assert section([]) == ""
