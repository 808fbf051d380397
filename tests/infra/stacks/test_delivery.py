"""Who may deploy: one repository, in one environment, and only through the bootstrap's roles."""

from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Match, Template

from infra.build import build
from infra.stacks.delivery import WATCH_ACTIONS
from infra.timeouts import DEPLOY_HOURS
from tests.infra.assemblies import REPOSITORY, VARIANTS, Assembly, Variant, context

PROVIDER = "AWS::IAM::OIDCProvider"
ROLE = "AWS::IAM::Role"
POLICY = "AWS::IAM::Policy"
ISSUER = "token.actions.githubusercontent.com"
EXISTING = f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"


@pytest.fixture
def template(delivery: Assembly) -> Template:
    return Template.from_json(delivery.templates["Delivery"])


def role(subject: str, provider: Any = None) -> dict[str, Any]:
    trust = {
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Effect": "Allow",
        "Principal": {"Federated": provider or Match.any_value()},
        "Condition": {
            "StringEquals": {f"{ISSUER}:sub": subject, f"{ISSUER}:aud": "sts.amazonaws.com"}
        },
    }
    return {"AssumeRolePolicyDocument": Match.object_like({"Statement": [trust]})}


def statements(template: Template, role_of: str) -> list[dict[str, Any]]:
    """What the policies of the role with this construct id allow."""
    policies = template.find_resources(POLICY).values()
    return [
        statement
        for body in policies
        if body["Properties"]["Roles"][0]["Ref"].startswith(role_of)
        for statement in body["Properties"]["PolicyDocument"]["Statement"]
    ]


def test_there_is_no_such_stack_without_a_repository(dev: Assembly) -> None:
    assert "Delivery" not in dev.templates


def test_provider_is_githubs_and_takes_tokens_for_sts_only(template: Template) -> None:
    template.has_resource_properties(
        PROVIDER, {"Url": f"https://{ISSUER}", "ClientIdList": ["sts.amazonaws.com"]}
    )


def test_deployer_trusts_the_stages_environment_of_the_repository(template: Template) -> None:
    template.has_resource_properties(ROLE, role(f"repo:{REPOSITORY}:environment:dev"))


def test_reader_trusts_the_repositorys_pull_requests(template: Template) -> None:
    template.has_resource_properties(ROLE, role(f"repo:{REPOSITORY}:pull_request"))


def test_job_may_have_the_deployers_role_until_the_longest_deploy_is_over(
    template: Template,
) -> None:
    roles = template.find_resources(ROLE).values()
    found = [body["Properties"].get("MaxSessionDuration") for body in roles]
    assert sorted(found, key=str) == [DEPLOY_HOURS * 3600, None]


def test_nobody_else_is_trusted(template: Template) -> None:
    template.resource_count_is(ROLE, 2)


def test_no_condition_matches_by_a_pattern(template: Template) -> None:
    for body in template.find_resources(ROLE).values():
        for statement in body["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            assert statement["Condition"].keys() == {"StringEquals"}
            assert "*" not in str(statement["Condition"])


def test_deployer_changes_nothing_but_through_the_bootstraps_roles(template: Template) -> None:
    allowed, *others = statements(template, "Deployer")
    prefix = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-hnb659fds-"
    suffix = "-role-${AWS::AccountId}-${AWS::Region}"
    roles = ("deploy", "file-publishing", "image-publishing", "lookup")
    assert allowed["Action"] == "sts:AssumeRole"
    assert allowed["Resource"] == [{"Fn::Sub": f"{prefix}{name}{suffix}"} for name in roles]

    actions = [action for item in others for action in listed(item["Action"])]
    reading = ("Describe", "List", "Get")
    assert all(action.partition(":")[2].startswith(reading) for action in actions)


def test_deployer_reads_logs_and_templates_of_this_project_and_the_bootstraps_version(
    template: Template,
) -> None:
    found = {
        action: item["Resource"]
        for item in statements(template, "Deployer")
        for action in listed(item["Action"])
    }
    assert found["logs:GetLogEvents"]["Fn::Join"][1][-1] == ":log-group:llm-on-ecs-*"
    assert found["cloudformation:GetTemplate"]["Fn::Join"][1][-1] == ":stack/llm-on-ecs-*"
    assert found["ssm:GetParameter"]["Fn::Join"][1][-1].endswith("/cdk-bootstrap/hnb659fds/version")
    assert {action for action, resource in found.items() if resource == "*"} == set(WATCH_ACTIONS)


def test_deployer_reads_the_records_of_the_stages_own_zone_and_of_no_other() -> None:
    changes = {**VARIANTS["hosted-zone"].changes, "delivery": {"repository": REPOSITORY}}
    app = App(context=context())
    build(app, replace(VARIANTS["hosted-zone"], changes=changes).settings())
    template = Template.from_stack(app.node.find_child("Delivery"))  # type: ignore[arg-type]
    (zone,) = (
        item["Resource"]
        for item in statements(template, "Deployer")
        if item["Action"] == "route53:ListResourceRecordSets"
    )
    assert zone["Fn::Join"][1][-1] == ":route53:::hostedzone/Z0123456789ABCDEFGHIJ"


def test_stage_without_a_zone_lets_nobody_read_one(template: Template) -> None:
    assert "route53" not in str(statements(template, "Deployer"))


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_reader_may_only_read_this_projects_templates(template: Template) -> None:
    (allowed,) = statements(template, "Reader")
    assert allowed["Action"] == ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"]
    assert allowed["Resource"]["Fn::Join"][1][-1] == ":stack/llm-on-ecs-*"


def test_outputs_tell_the_roles(template: Template) -> None:
    assert template.find_outputs("*").keys() == {"ReadRoleArn", "DeployRoleArn"}


def test_provider_that_the_account_has_is_trusted_and_not_made_again() -> None:
    settings = {"repository": REPOSITORY, "provider_arn": EXISTING}
    app = App(context=context())
    build(app, Variant("dev", changes={"delivery": settings}).settings())
    template = Template.from_stack(app.node.find_child("Delivery"))  # type: ignore[arg-type]
    template.resource_count_is(PROVIDER, 0)
    template.has_resource_properties(ROLE, role(f"repo:{REPOSITORY}:environment:dev", EXISTING))


def test_other_stacks_do_not_know_of_it(delivery: Assembly, dev: Assembly) -> None:
    others = {name: body for name, body in delivery.templates.items() if name != "Delivery"}
    assert others == dev.templates
    for name in others:
        assert "Delivery" not in delivery.manifest["artifacts"][name].get("dependencies", [])
