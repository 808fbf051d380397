"""What a stack exports stays as it is while another one imports it, in the order of the deploy."""

from __future__ import annotations

from typing import Any

from delivery.risk.exports import refused_exports
from delivery.risk.grades import Grade
from tests.delivery.templates import Template, resource, template

ORDER = ["Network", "Inference"]


def network(*names: str, value: Any = None, cidr: str = "10.0.0.0/16") -> Template:
    outputs = {
        name: {"Value": value or {"Ref": "Vpc"}, "Export": {"Name": f"net:{name}"}}
        for name in names
    }
    vpc = resource("EC2::VPC", Properties={"CidrBlock": cidr})
    return {**template(Vpc=vpc), "Outputs": outputs}


def inference(*names: str) -> Template:
    imports = [{"Fn::ImportValue": f"net:{name}"} for name in names]
    return template(Service=resource("ECS::Service", Properties={"Subnets": imports}))


def stage(first: Template, second: Template) -> dict[str, Template]:
    return {"Network": first, "Inference": second}


def told(before: dict[str, Template], after: dict[str, Template], *order: str) -> list[str]:
    risks = refused_exports(before, after, order or ORDER)
    assert all(risk.grade is Grade.REFUSED and risk.fails for risk in risks)
    return [f"{risk.key}: {risk.reasons[0].text}" for risk in risks]


def test_what_stays_as_it_is_is_no_risk() -> None:
    same = stage(network("A"), inference("A"))
    assert told(same, same) == []


def test_export_that_nobody_imports_may_go() -> None:
    assert told(stage(network("A", "B"), inference("A")), stage(network("A"), inference("A"))) == []


def test_export_that_goes_before_its_user_lets_go_is_refused_with_the_way_around() -> None:
    before, after = stage(network("A"), inference("A")), stage(network(), inference())
    (text,) = told(before, after)
    assert text.startswith("net:A: the update removes it while Inference still imports it; ")
    assert text.endswith("cdk deploy Inference --exclusively")
    assert told(before, after, "Inference", "Network") == []


def test_export_that_is_changed_in_use_is_refused() -> None:
    before = stage(network("A"), inference("A"))
    (text,) = told(before, stage(network("A", value="10.0.0.0"), inference("A")))
    assert text == "net:A: the update changes it while Inference still imports it"


def test_export_that_names_a_replaced_resource_changes_though_its_text_does_not() -> None:
    before = stage(network("A"), inference("A"))
    (text,) = told(before, stage(network("A", cidr="10.1.0.0/16"), inference("A")))
    assert text == "net:A: the update replaces what it names while Inference still imports it"


def test_import_of_what_is_exported_later_is_refused() -> None:
    after = stage(network("A"), inference("A"))
    (text,) = told({}, after, "Inference", "Network")
    assert text == "net:A: is imported before any stack exports it"
    assert told({}, after) == []


def test_stack_that_left_the_app_still_imports() -> None:
    before = {"Network": network("A"), "Old": inference("A")}
    (text,) = told(before, {"Network": network()}, "Network")
    assert text == "net:A: the update removes it while Old still imports it"


def test_names_that_cloudformation_puts_together_are_compared_too() -> None:
    name = {"Fn::Sub": "${AWS::StackName}:A"}
    exported = {"A": {"Value": "1", "Export": {"Name": name}}}
    used = template(Service=resource("ECS::Service", Properties={"A": {"Fn::ImportValue": name}}))
    before = stage({**template(), "Outputs": exported}, used)
    assert told(before, before) == []
    assert len(told(before, stage(template(), template()))) == 1
