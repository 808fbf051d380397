"""AWS::ElasticLoadBalancingV2, AWS::ApiGateway, AWS::WAFv2, certificates and DNS."""

from __future__ import annotations

from typing import Any

from .resource import Deployed, Description, Reader


def _elb_tags(resource: Deployed) -> list[Any]:
    answer = resource.ask("elbv2", "describe_tags", ResourceArns=[resource.id])
    return list(answer["TagDescriptions"][0]["Tags"])


def _load_balancer(resource: Deployed) -> Description:
    arn = {"LoadBalancerArn": resource.id}
    attributes = resource.ask("elbv2", "describe_load_balancer_attributes", **arn)["Attributes"]
    answer = resource.ask("elbv2", "describe_load_balancers", LoadBalancerArns=[resource.id])
    (found,) = answer["LoadBalancers"]
    return {
        **found,
        "LoadBalancerAttributes": attributes,
        "Subnets": [item["SubnetId"] for item in found["AvailabilityZones"]],
        "Tags": _elb_tags(resource),
    }


def _target_group(resource: Deployed) -> Description:
    arn = {"TargetGroupArn": resource.id}
    attributes = resource.ask("elbv2", "describe_target_group_attributes", **arn)["Attributes"]
    (found,) = resource.ask("elbv2", "describe_target_groups", TargetGroupArns=[resource.id])[
        "TargetGroups"
    ]
    return {**found, "TargetGroupAttributes": attributes, "Tags": _elb_tags(resource)}


def _listener(resource: Deployed) -> Description:
    answer = resource.ask("elbv2", "describe_listeners", ListenerArns=[resource.id])
    attributes = resource.ask("elbv2", "describe_listener_attributes", ListenerArn=resource.id)
    return {
        **answer["Listeners"][0],
        "ListenerAttributes": attributes["Attributes"],
        "Tags": _elb_tags(resource),
    }


def _rule(resource: Deployed) -> Description:
    (found,) = resource.ask("elbv2", "describe_rules", RuleArns=[resource.id])["Rules"]
    listener = resource.properties["ListenerArn"]
    rules = resource.ask("elbv2", "describe_rules", ListenerArn=listener)["Rules"]
    here = listener if resource.id in [item["RuleArn"] for item in rules] else None
    return {**found, "ListenerArn": here, "Tags": _elb_tags(resource)}


def _api(resource: Deployed) -> str:
    return str(resource.properties["RestApiId"])


def _resource(resource: Deployed) -> Description:
    api = _api(resource)
    found = resource.ask("apigateway", "get_resource", restApiId=api, resourceId=resource.id)
    return {**found, "RestApiId": api}


def _method(resource: Deployed) -> Description:
    given = resource.properties
    where = {"restApiId": _api(resource), "resourceId": given["ResourceId"]}
    found = resource.ask("apigateway", "get_method", **where, httpMethod=given["HttpMethod"])
    integration = found.get("methodIntegration", {})
    as_written = {
        **integration,
        "integrationHttpMethod": integration.get("httpMethod"),
    }
    return {**found, **where, "Integration": as_written}


def _deployment(resource: Deployed) -> Description:
    api = _api(resource)
    found = resource.ask("apigateway", "get_deployment", restApiId=api, deploymentId=resource.id)
    return {**found, "RestApiId": api}


def _stage(resource: Deployed) -> Description:
    api = _api(resource)
    found = resource.ask("apigateway", "get_stage", restApiId=api, stageName=resource.id)
    settings = [
        {"ResourcePath": f"/{path.rpartition('/')[0]}", "HttpMethod": path.rpartition("/")[2]}
        | setting
        for path, setting in found.get("methodSettings", {}).items()
    ]
    return {
        **found,
        "RestApiId": api,
        "AccessLogSetting": found.get("accessLogSettings"),
        "MethodSettings": settings,
    }


def _api_key(resource: Deployed) -> Description:
    return resource.ask("apigateway", "get_api_key", apiKey=resource.id, includeValue=True)


def _plan_key(resource: Deployed) -> Description:
    plan, key = resource.properties["UsagePlanId"], resource.properties["KeyId"]
    found = resource.ask("apigateway", "get_usage_plan_key", usagePlanId=plan, keyId=key)
    return {**found, "KeyId": found["id"], "KeyType": found["type"], "UsagePlanId": plan}


def _vpc_link(resource: Deployed) -> Description:
    return resource.ask("apigatewayv2", "get_vpc_link", VpcLinkId=resource.id)


def _web_acl(resource: Deployed) -> Description:
    name, identity, scope = resource.id.split("|")
    found = resource.ask("wafv2", "get_web_acl", Name=name, Id=identity, Scope=scope)["WebACL"]
    tags = resource.ask("wafv2", "list_tags_for_resource", ResourceARN=found["ARN"])
    return {**found, "Scope": scope, "Tags": tags["TagInfoForResource"]["TagList"]}


def _web_acl_association(resource: Deployed) -> Description:
    arn = resource.properties["ResourceArn"]
    found = resource.ask("wafv2", "get_web_acl_for_resource", ResourceArn=arn)["WebACL"]
    return {"ResourceArn": arn, "WebACLArn": found["ARN"]}


def _web_acl_log(resource: Deployed) -> Description:
    answer = resource.ask("wafv2", "get_logging_configuration", ResourceArn=resource.id)
    return dict(answer["LoggingConfiguration"])


def _certificate(resource: Deployed) -> Description:
    found = resource.ask("acm", "describe_certificate", CertificateArn=resource.id)["Certificate"]
    tags = resource.ask("acm", "list_tags_for_certificate", CertificateArn=resource.id)["Tags"]
    method = found["DomainValidationOptions"][0]["ValidationMethod"]
    return {**found, "ValidationMethod": method, "Tags": tags}


def _record(resource: Deployed) -> Description:
    zone = resource.properties["HostedZoneId"]
    records = resource.ask("route53", "list_resource_record_sets", HostedZoneId=zone)
    (found,) = [
        item
        for item in records["ResourceRecordSets"]
        if (item["Name"].rstrip("."), item["Type"])
        == (resource.id.rstrip("."), resource.properties["Type"])
    ]
    return {**found, "Name": resource.id, "HostedZoneId": zone}


READERS = {
    "AWS::ApiGateway::ApiKey": Reader(_api_key),
    "AWS::ApiGateway::Deployment": Reader(_deployment),
    "AWS::ApiGateway::Method": Reader(_method),
    "AWS::ApiGateway::Resource": Reader(_resource),
    "AWS::ApiGateway::RestApi": Reader(
        lambda r: r.ask("apigateway", "get_rest_api", restApiId=r.id)
    ),
    "AWS::ApiGateway::Stage": Reader(_stage),
    "AWS::ApiGateway::UsagePlan": Reader(
        lambda r: r.ask("apigateway", "get_usage_plan", usagePlanId=r.id)
    ),
    "AWS::ApiGateway::UsagePlanKey": Reader(_plan_key),
    "AWS::ApiGatewayV2::VpcLink": Reader(_vpc_link),
    "AWS::CertificateManager::Certificate": Reader(
        _certificate,
        unread={
            "DomainValidationOptions": "the zone in which CloudFormation itself writes the record"
        },
    ),
    "AWS::ElasticLoadBalancingV2::Listener": Reader(_listener),
    "AWS::ElasticLoadBalancingV2::ListenerRule": Reader(_rule),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Reader(_load_balancer),
    "AWS::ElasticLoadBalancingV2::TargetGroup": Reader(_target_group),
    "AWS::Route53::RecordSet": Reader(_record),
    "AWS::WAFv2::LoggingConfiguration": Reader(_web_acl_log),
    "AWS::WAFv2::WebACL": Reader(_web_acl),
    "AWS::WAFv2::WebACLAssociation": Reader(_web_acl_association),
}
