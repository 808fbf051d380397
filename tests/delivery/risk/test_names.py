"""A fixed name is one stack's at a time, in the order of the deploy."""

from __future__ import annotations

from typing import Any

from delivery.risk.grades import Grade
from delivery.risk.names import refused_names
from tests.delivery.templates import Template, repository, resource, template

ORDER = ["Registry", "Inference"]
IMAGES = template(Repo=repository("images", keep="Delete"))


def stage(first: Template, second: Template) -> dict[str, Template]:
    return {"Registry": first, "Inference": second}


def told(before: dict[str, Template], after: dict[str, Template], *order: str) -> list[str]:
    risks = list(refused_names(before, after, order or ORDER))
    assert all(risk.grade is Grade.REFUSED and risk.fails for risk in risks)
    return [f"{risk.stack} {risk.key}: {risk.reasons[0].text}" for risk in risks]


def test_name_that_moves_to_a_stack_that_is_deployed_earlier_is_refused() -> None:
    (text,) = told(stage(template(), IMAGES), stage(IMAGES, template()))
    assert text == (
        "Registry Repo: Repo of stack Inference still has RepositoryName images when it is made"
    )


def test_name_that_moves_to_a_stack_that_is_deployed_later_is_free_where_nothing_is_kept() -> None:
    assert told(stage(IMAGES, template()), stage(template(), IMAGES)) == []
    kept = template(Repo=repository("images", keep="Retain"))
    assert len(told(stage(kept, template()), stage(template(), kept))) == 1


def test_stack_that_left_the_app_keeps_its_names() -> None:
    assert len(told({"Old": IMAGES}, {"Registry": IMAGES}, "Registry")) == 1


def test_two_stacks_that_want_one_name_at_first_are_refused_and_what_is_there_is_no_change() -> (
    None
):
    both = stage(IMAGES, IMAGES)
    assert len(told({}, both)) == 1
    assert told(both, both) == []


def test_name_that_each_stack_understands_otherwise_is_no_other_ones() -> None:
    def named(name: Any) -> dict[str, Template]:
        made = template(Log=resource("Logs::LogGroup", Properties={"LogGroupName": name}))
        return stage(made, made)

    assert told({}, named({"Fn::Sub": "${AWS::StackName}-log"})) == []
    assert told({}, named({"Ref": "Other"})) == []
    assert len(told({}, named({"Fn::Sub": "log-${AWS::Region}"}))) == 1
