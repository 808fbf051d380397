"""Each change has a grade, and what would be lost is said."""

from __future__ import annotations

from typing import Any

import pytest

from delivery.risk.grades import Grade, Risk
from delivery.risk.grading import grade
from tests.delivery.templates import Template, repository, resource, task, template

BALANCER = "ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "ElasticLoadBalancingV2::Listener"


def graded(before: Template, after: Template) -> dict[str, Risk]:
    return {risk.key: risk for risk in grade("Stack", before, after)}


def only(before: Template, after: Template) -> Risk:
    (risk,) = grade("Stack", before, after)
    return risk


def updated(kind: str, old: dict[str, Any], new: dict[str, Any]) -> Risk:
    before, after = (
        template(Thing=resource(kind, Properties=properties)) for properties in (old, new)
    )
    return only(before, after)


def test_grades_are_ordered_from_the_worst_on() -> None:
    assert sorted(Grade) == list(Grade)
    assert min(Grade.HARMLESS, Grade.DESTROYS) is Grade.DESTROYS


def test_new_resource_is_harmless() -> None:
    assert only({}, template(Task=task())).grade is Grade.HARMLESS


def test_new_resource_of_an_unknown_type_is_not() -> None:
    risk = only({}, template(Thing={"Type": "Custom::Thing"}))
    assert risk.grade is Grade.INTERRUPTS
    assert "nothing is known of this type" in risk.reasons[0].text


def test_new_resource_that_acts_on_an_old_one_interrupts() -> None:
    acl, stage = resource("WAFv2::WebACL"), resource("ApiGateway::Stage")
    names = {"ResourceArn": {"Ref": "Stage"}, "WebACLArn": {"Ref": "Acl"}}
    association = resource("WAFv2::WebACLAssociation", Properties=names)
    after = template(Stage=stage, Acl=acl, Association=association)
    assert graded(template(Stage=stage), after)["Association"].grade is Grade.INTERRUPTS
    assert graded({}, after)["Association"].grade is Grade.HARMLESS


def test_removed_resource_is_destroyed_and_says_what_follows() -> None:
    risk = only(template(Alarm=resource("CloudWatch::Alarm")), template())
    assert (risk.grade, risk.fails) == (Grade.DESTROYS, False)
    assert "nobody is told" in risk.reasons[0].text


def test_new_revision_of_the_task_definition_is_routine() -> None:
    risk = only(template(Task=task("1024")), template(Task=task("2048")))
    assert (risk.grade, risk.fails) == (Grade.HARMLESS, False)
    assert "a new revision" in risk.reasons[0].text


def test_rollout_of_a_new_revision_interrupts_nobody() -> None:
    service = resource("ECS::Service", Properties={"TaskDefinition": {"Ref": "Task"}})
    before, after = (template(Task=task(cpu), Service=service) for cpu in ("1024", "2048"))
    assert {risk.grade for risk in grade("Stack", before, after)} == {Grade.HARMLESS}


def test_api_is_deployed_anew_under_another_id_and_that_is_routine() -> None:
    one, other = (template(**{name: resource("ApiGateway::Deployment")}) for name in "AB")
    assert {risk.grade for risk in grade("Stack", one, other)} == {Grade.HARMLESS}


@pytest.mark.parametrize("keep", ["Delete", "Retain"])
def test_removed_data_fails_whether_it_is_kept_or_not(keep: str) -> None:
    risk = only(template(Repo=repository("a", keep=keep)), template())
    assert (risk.grade, risk.fails) == (Grade.DESTROYS, True)
    assert ("ITS DATA IS DELETED" in risk.loss) is (keep == "Delete")


def test_replaced_data_fails() -> None:
    risk = only(template(Repo=repository("a")), template(Repo=repository("b")))
    assert (risk.grade, risk.fails) == (Grade.REPLACES, True)
    assert "the new one is empty" in risk.loss


def test_replacement_that_depends_counts_as_one() -> None:
    risk = updated("EC2::VPC", {"InstanceTenancy": "default"}, {"InstanceTenancy": "dedicated"})
    assert (risk.grade, risk.fails) == (Grade.REPLACES, True)


def test_what_others_hold_on_to_is_lost_with_a_resource_that_has_no_data() -> None:
    risk = updated(BALANCER, {"Scheme": "internal"}, {"Scheme": "internet-facing"})
    assert (risk.grade, risk.fails) == (Grade.REPLACES, True)
    assert "its DNS name" in risk.loss


@pytest.mark.parametrize(
    ("kind", "lost"),
    [
        ("ApiGateway::Stage", "its name"),
        ("Route53::HostedZone", "its name servers"),
        ("Route53::RecordSet", "its name"),
        ("SNS::Topic", "its subscribers"),
    ],
)
def test_what_others_hold_on_to_is_lost_with_what_is_removed(kind: str, lost: str) -> None:
    risk = only(template(Thing=resource(kind)), template())
    assert risk.fails
    assert lost in risk.loss


@pytest.mark.parametrize(("principal", "fails"), [("Federated", True), ("Service", False)])
def test_role_is_lost_where_it_lets_in_from_outside(principal: str, fails: bool) -> None:
    trust = {"Statement": [{"Principal": {principal: "x"}}]}
    role = resource("IAM::Role", Properties={"AssumeRolePolicyDocument": trust})
    assert only(template(Role=role), template()).fails is fails


def test_replacement_by_a_chain_of_references_is_graded_for_each_link() -> None:
    def stack(scheme: str) -> Template:
        listener = {"LoadBalancerArn": {"Ref": "Balancer"}, "Port": 443}
        rule = {"ListenerArn": {"Ref": "Listener"}, "Priority": 1}
        return template(
            Balancer=resource(BALANCER, Properties={"Scheme": scheme}),
            Listener=resource(LISTENER, Properties=listener),
            Rule=resource("ElasticLoadBalancingV2::ListenerRule", Properties=rule),
        )

    found = grade("Stack", stack("internal"), stack("internet-facing"))
    assert {risk.key: risk.grade for risk in found} == dict.fromkeys(
        ("Balancer", "Listener", "Rule"), Grade.REPLACES
    )


def test_replacement_under_a_fixed_name_is_refused() -> None:
    def stack(encryption: str) -> Template:
        properties = {
            "RepositoryName": "images",
            "EncryptionConfiguration": {"EncryptionType": encryption},
        }
        return template(Repo=resource("ECR::Repository", Properties=properties))

    risk = only(stack("AES256"), stack("KMS"))
    assert (risk.grade, risk.fails) == (Grade.REFUSED, True)
    assert "cannot have the same RepositoryName images" in risk.reasons[0].text


def test_replacement_under_another_name_is_not_refused() -> None:
    risk = only(template(Repo=repository("a")), template(Repo=repository("b")))
    assert Grade.REFUSED not in {reason.grade for reason in risk.reasons}


def test_resource_that_takes_the_name_of_one_that_goes_is_refused() -> None:
    found = graded(template(Old=repository("images")), template(New=repository("images")))
    assert found["New"].grade is Grade.REFUSED
    assert "Old still has RepositoryName images" in found["New"].reasons[0].text


@pytest.mark.parametrize(
    ("kind", "fixed"),
    [
        ("EC2::Route", {"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0"}),
        ("ECS::Service", {"Cluster": "cluster", "ServiceName": "service"}),
        ("Route53::RecordSet", {"HostedZoneId": "Z1", "Name": "llm.example.org.", "Type": "A"}),
        ("SecretsManager::Secret", {"Name": "keys"}),
    ],
)
def test_what_aws_knows_by_an_id_of_its_own_may_still_have_a_name_that_is_taken(
    kind: str, fixed: dict[str, str]
) -> None:
    thing = resource(kind, Properties=fixed)
    assert graded(template(Old=thing), template(New=thing))["New"].grade is Grade.REFUSED
    last, *_ = reversed(fixed)
    other = resource(kind, Properties={**fixed, last: "another"})
    assert graded(template(Old=thing), template(New=other))["New"].grade is not Grade.REFUSED


def test_listener_cannot_take_the_port_of_one_that_goes() -> None:
    port_80 = {"LoadBalancerArn": {"Ref": "Balancer"}, "Port": 80}
    before, after = (
        template(
            Balancer=resource(BALANCER, Properties={}),
            **{name: resource(LISTENER, Properties=port_80)},
        )
        for name in ("Http", "Redirect")
    )
    assert graded(before, after)["Redirect"].grade is Grade.REFUSED


def test_port_of_another_load_balancer_is_free() -> None:
    def stack(scheme: str, listener: str) -> Template:
        port_80 = {"LoadBalancerArn": {"Ref": "Balancer"}, "Port": 80}
        return template(
            Balancer=resource(BALANCER, Properties={"Scheme": scheme}),
            **{listener: resource(LISTENER, Properties=port_80)},
        )

    found = graded(stack("internal", "Http"), stack("internet-facing", "Redirect"))
    assert found["Redirect"].grade is Grade.HARMLESS


def test_resource_that_becomes_another_type_is_refused() -> None:
    before, after = template(Thing=resource("SNS::Topic")), template(Thing=resource("SQS::Queue"))
    assert only(before, after).grade is Grade.REFUSED


@pytest.mark.parametrize("policy", ["DeletionPolicy", "UpdateReplacePolicy"])
def test_policy_that_keeps_less_of_the_data_fails(policy: str) -> None:
    kept = resource("Logs::LogGroup", **{policy: "RetainExceptOnCreate"})
    let_go = resource("Logs::LogGroup", **{policy: "Delete"})
    risk = only(template(Log=kept), template(Log=let_go))
    assert (risk.grade, risk.fails) == (Grade.DESTROYS, True)
    assert "from now on" in risk.loss
    assert only(template(Log=let_go), template(Log=kept)).grade is Grade.HARMLESS


def test_policies_that_keep_alike_what_there_is_already_are_no_loss() -> None:
    before, after = (
        template(Log=resource("Logs::LogGroup", DeletionPolicy=keep))
        for keep in ("Retain", "RetainExceptOnCreate")
    )
    assert only(before, after).grade is only(after, before).grade is Grade.HARMLESS


def test_policy_that_keeps_less_of_what_others_hold_on_to_fails() -> None:
    before, after = (
        template(Address=resource("EC2::EIP", DeletionPolicy=keep)) for keep in ("Retain", "Delete")
    )
    assert only(before, after).loss.endswith(
        "a removal takes with it its address, which others may have allowed"
    )


def test_policy_of_what_holds_no_data_is_harmless() -> None:
    before, after = (
        template(Alarm=resource("CloudWatch::Alarm", DeletionPolicy=keep))
        for keep in ("Retain", "Delete")
    )
    assert only(before, after).grade is Grade.HARMLESS


def test_update_that_overwrites_data_fails() -> None:
    risk = updated("SecretsManager::Secret", {"SecretString": "{}"}, {"SecretString": "[]"})
    assert (risk.grade, risk.fails) == (Grade.DESTROYS, True)
    assert "the keys that were made since are gone" in risk.loss


def test_worst_of_several_reasons_counts_and_comes_first() -> None:
    old, new = {"RetentionInDays": 90, "Tags": []}, {"RetentionInDays": 30, "Tags": ["a"]}
    risk = updated("Logs::LogGroup", old, new)
    assert [reason.grade for reason in risk.reasons] == [Grade.DESTROYS, Grade.HARMLESS]


def test_unknown_type_and_unknown_property_are_never_harmless() -> None:
    assert updated("SQS::Queue", {"A": 1}, {"A": 2}).grade is Grade.INTERRUPTS
    assert updated("SNS::Topic", {"NewOne": 1}, {"NewOne": 2}).grade is Grade.INTERRUPTS


@pytest.mark.parametrize("kind", ["Logs::LogGroup", "EC2::EIP"])
def test_condition_on_what_holds_something_fails_and_without_one_it_stays(kind: str) -> None:
    free, bound = template(Thing=resource(kind)), template(Thing=resource(kind, Condition="IsProd"))
    risk = only(free, bound)
    assert (risk.grade, risk.fails) == (Grade.DESTROYS, True)
    assert "where IsProd does not hold, it is removed" in risk.loss
    assert only(bound, free).grade is Grade.INTERRUPTS


def test_condition_that_changes_is_not_harmless_and_an_order_of_creation_is() -> None:
    def stack(**attributes: str) -> Template:
        return template(Alarm=resource("CloudWatch::Alarm", **attributes))

    assert only(stack(), stack(Condition="IsProd")).grade is Grade.INTERRUPTS
    assert only(stack(), stack(DependsOn="Other")).grade is Grade.HARMLESS


def test_worst_resource_comes_first() -> None:
    before = template(Repo=repository("a"), Topic=resource("SNS::Topic"))
    after = template(Repo=repository("b"), New=task())
    grades = [risk.grade for risk in grade("Stack", before, after)]
    assert grades == [Grade.DESTROYS, Grade.REPLACES, Grade.HARMLESS]


def test_a_second_target_group_that_goes_is_a_loss_and_one_that_comes_is_none() -> None:
    one = {"LoadBalancers": [{"TargetGroupArn": "first"}]}
    two = {
        "LoadBalancers": [{"TargetGroupArn": "first", "AdvancedConfiguration": {"RoleArn": "r"}}]
    }
    back = updated("ECS::Service", two, one)
    assert (back.grade, back.fails) == (Grade.DESTROYS, True)
    assert "set rollout.second_target_group = true" in back.loss
    assert not updated("ECS::Service", one, two).fails
    assert updated("ECS::Service", two, one | {"LaunchType": "FARGATE"}).fails
