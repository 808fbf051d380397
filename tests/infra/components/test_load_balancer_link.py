"""API Gateway's way into the VPC: it streams, and is the load balancer's only client."""

from infra.stage_files import load_stage
from infra.timeouts import TimeoutBudget
from tests.infra.assemblies import Assembly
from tests.infra.components.ways_in import integration


def test_the_integration_changes_no_header_and_no_body(dev: Assembly) -> None:
    found = integration(dev)
    assert found["RequestParameters"] == {
        "integration.request.path.proxy": "method.request.path.proxy"
    }
    assert not {"RequestTemplates", "ContentHandling", "Credentials"} & found.keys()


def test_answers_are_streamed(dev: Assembly) -> None:
    assert integration(dev)["ResponseTransferMode"] == "STREAM"


def test_the_api_outwaits_the_load_balancer_within_awss_limit(dev: Assembly) -> None:
    budget = TimeoutBudget(load_stage("dev").limits.longest_generation_seconds)
    waits = integration(dev)["TimeoutInMillis"] / 1000
    assert budget.idle_timeout_seconds < waits <= 300


def test_the_vpc_link_reaches_the_load_balancer_and_nothing_else(dev: Assembly) -> None:
    (link,) = dev.only("AWS::ApiGatewayV2::VpcLink")["SecurityGroupIds"]
    rules = [r["Properties"] for r in dev.resources("AWS::EC2::SecurityGroupEgress").values()]
    (out,) = [rule for rule in rules if rule["GroupId"] == link]
    (balancer,) = dev.only("AWS::ElasticLoadBalancingV2::LoadBalancer")["SecurityGroups"]
    assert out["DestinationSecurityGroupId"] == balancer
    assert (out["FromPort"], out["ToPort"]) == (80, 80)


def test_the_vpc_link_alone_reaches_the_load_balancer(dev: Assembly) -> None:
    (link,) = dev.only("AWS::ApiGatewayV2::VpcLink")["SecurityGroupIds"]
    (balancer,) = dev.only("AWS::ElasticLoadBalancingV2::LoadBalancer")["SecurityGroups"]
    body = dev.resources("AWS::EC2::SecurityGroup")[balancer["Fn::GetAtt"][0]]["Properties"]
    rules = [r["Properties"] for r in dev.resources("AWS::EC2::SecurityGroupIngress").values()]
    sources = [r["SourceSecurityGroupId"] for r in rules if r["GroupId"] == balancer]
    assert sources == [link]
    assert "SecurityGroupIngress" not in body
    assert dev.only("AWS::ElasticLoadBalancingV2::LoadBalancer")["Scheme"] == "internal"
