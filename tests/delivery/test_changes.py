"""Which change replaces a resource, what follows from it, and what becomes of the data."""

from typing import Any

import pytest

from delivery.changes import Change, Effect, compare
from tests.delivery.templates import Template, repository, resource, task, template


def effects(before: Template, after: Template) -> dict[str, Effect]:
    return {change.logical_id: change.effect for change in compare(before, after)}


def only(before: Template, after: Template) -> Change:
    (change,) = compare(before, after)
    return change


def test_equal_templates_change_nothing() -> None:
    assert compare(template(Task=task()), template(Task=task())) == []


def test_new_stack_adds_all_of_its_resources() -> None:
    assert effects({}, template(Task=task())) == {"Task": Effect.ADDED}


def test_resource_that_is_gone_is_removed() -> None:
    assert effects(template(Task=task()), template()) == {"Task": Effect.REMOVED}


def test_changed_property_is_named() -> None:
    before = template(Topic=resource("SNS::Topic", Properties={"DisplayName": "a"}))
    after = template(Topic=resource("SNS::Topic", Properties={"DisplayName": "b"}))
    change = only(before, after)
    assert (change.effect, change.because) == (Effect.CHANGED, ("DisplayName",))


def test_property_that_cannot_be_updated_replaces_the_resource() -> None:
    change = only(template(Task=task("1024")), template(Task=task("2048")))
    assert (change.effect, change.because) == (Effect.REPLACED, ("Cpu",))


def test_resource_that_names_a_replaced_one_is_changed_and_says_why() -> None:
    service = resource("ECS::Service", Properties={"TaskDefinition": {"Ref": "Task"}})
    before, after = (template(Task=task(cpu), Service=service) for cpu in ("1024", "2048"))
    found = {change.logical_id: change for change in compare(before, after)}
    assert found["Service"].effect is Effect.CHANGED
    assert found["Service"].because == ("TaskDefinition (names Task, which is replaced)",)


@pytest.mark.parametrize(
    "reference",
    [
        {"Ref": "Balancer"},
        {"Fn::GetAtt": ["Balancer", "LoadBalancerArn"]},
        {"Fn::GetAtt": "Balancer.LoadBalancerArn"},
        {"Fn::Sub": "${Balancer}"},
        {"Fn::Sub": ["${Balancer.DNSName}", {}]},
        {"Fn::Join": ["", ["arn:", {"Ref": "Balancer"}]]},
    ],
)
def test_replacement_spreads_through_properties_that_cannot_be_updated(reference: Any) -> None:
    balancer, listener = "ElasticLoadBalancingV2::LoadBalancer", "ElasticLoadBalancingV2::Listener"
    before, after = (
        template(
            Balancer=resource(balancer, Properties={"Scheme": scheme}),
            Listener=resource(listener, Properties={"LoadBalancerArn": reference}),
        )
        for scheme in ("internal", "internet-facing")
    )
    assert effects(before, after) == {"Balancer": Effect.REPLACED, "Listener": Effect.REPLACED}


def test_part_of_a_property_that_cannot_be_updated_replaces_and_its_neighbour_does_not() -> None:
    def stored(encryption: str, tags: list[str]) -> Template:
        properties = {"EncryptionConfiguration": {"EncryptionType": encryption}, "Tags": tags}
        return template(Repo=resource("ECR::Repository", Properties=properties))

    assert effects(stored("AES256", []), stored("KMS", [])) == {"Repo": Effect.REPLACED}
    assert effects(stored("KMS", []), stored("KMS", ["a"])) == {"Repo": Effect.CHANGED}


def test_property_that_replaces_in_some_cases_is_said_to() -> None:
    before = template(Service=resource("ECS::Service", Properties={"LaunchType": "EC2"}))
    after = template(Service=resource("ECS::Service", Properties={"LaunchType": "FARGATE"}))
    assert effects(before, after) == {"Service": Effect.PERHAPS_REPLACED}


def test_type_without_a_schema_is_perhaps_replaced() -> None:
    before = template(Thing={"Type": "Custom::Thing", "Properties": {"A": 1}})
    after = template(Thing={"Type": "Custom::Thing", "Properties": {"A": 2}})
    assert effects(before, after) == {"Thing": Effect.PERHAPS_REPLACED}


def test_metadata_alone_is_no_change() -> None:
    before, after = template(Task=task()), template(Task={**task(), "Metadata": {"a": "b"}})
    assert compare(before, after) == []


def test_changed_deletion_policy_is_a_change() -> None:
    before, after = (template(Repo=repository("a", keep=keep)) for keep in ("Delete", "Retain"))
    assert only(before, after).because == ("DeletionPolicy", "UpdateReplacePolicy")


def test_worst_comes_first() -> None:
    before = template(Gone=task(), Task=task())
    after = template(Task=task("2048"), New=task())
    assert [change.effect for change in compare(before, after)] == [
        Effect.REMOVED,
        Effect.REPLACED,
        Effect.ADDED,
    ]


@pytest.mark.parametrize(
    ("keep", "fate"),
    [("Delete", "ITS DATA IS DELETED"), ("Retain", "It stays in the account, in no stack")],
)
def test_removed_data_is_lost_unless_it_is_retained(keep: str, fate: str) -> None:
    assert only(template(Repo=repository("a", keep=keep)), template()).fate == fate


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [("Retain", "Retain", False), ("Delete", "Retain", True), ("Retain", "Delete", True)],
)
def test_replaced_data_counts_as_kept_only_where_both_templates_keep_it(
    before: str, after: str, lost: bool
) -> None:
    old, new = repository("a", keep=before), repository("b", keep=after)
    change = only(template(Repo=old), template(Repo=new))
    assert change.effect is Effect.REPLACED
    assert ("ITS DATA IS DELETED" in change.fate) is lost


def test_resource_without_data_has_no_fate() -> None:
    assert only(template(Task=task()), template()).fate == ""


def test_name_is_the_constructs_path_within_its_stack() -> None:
    made = {**task(), "Metadata": {"aws:cdk:path": "Inference/Task/Definition/Resource"}}
    assert only({}, template(TaskDefinition21A4D618=made)).name == "Task/Definition"
