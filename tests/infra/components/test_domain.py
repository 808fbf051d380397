"""A name in a hosted zone: its certificate, its record, and the address that people are told."""

from tests.infra.assemblies import CERTIFICATE, Assembly

CERTIFICATES = "AWS::CertificateManager::Certificate"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"


def test_the_certificate_is_validated_in_the_zone(hosted_zone: Assembly) -> None:
    certificate = hosted_zone.only(CERTIFICATES)
    assert certificate["ValidationMethod"] == "DNS"
    assert certificate["DomainValidationOptions"] == [
        {"DomainName": "llm.example.com", "HostedZoneId": "Z0123456789ABCDEFGHIJ"}
    ]


def test_the_listener_speaks_https_with_it(hosted_zone: Assembly) -> None:
    (certificate,) = hosted_zone.resources(CERTIFICATES)
    listeners = [body["Properties"] for body in hosted_zone.resources(LISTENER).values()]
    (secure,) = [listener for listener in listeners if listener["Port"] == 443]
    assert secure["Certificates"] == [{"CertificateArn": {"Ref": certificate}}]


def test_the_name_is_an_alias_of_the_load_balancer(hosted_zone: Assembly) -> None:
    (balancer,) = hosted_zone.resources("AWS::ElasticLoadBalancingV2::LoadBalancer")
    record = hosted_zone.only("AWS::Route53::RecordSet")
    zone = {"Fn::GetAtt": [balancer, "CanonicalHostedZoneID"]}
    assert (record["Name"], record["Type"]) == ("llm.example.com.", "A")
    assert record["HostedZoneId"] == "Z0123456789ABCDEFGHIJ"
    assert record["AliasTarget"]["HostedZoneId"] == zone


def test_the_url_is_the_name(hosted_zone: Assembly) -> None:
    url = hosted_zone.templates["Inference"]["Outputs"]["Url"]["Value"]
    assert url == "https://llm.example.com"


def test_the_certificate_of_the_command_line_is_used_and_none_is_made(https: Assembly) -> None:
    assert not https.resources(CERTIFICATES)
    assert not https.resources("AWS::Route53::RecordSet")
    listeners = [body["Properties"] for body in https.resources(LISTENER).values()]
    (secure,) = [listener for listener in listeners if listener["Port"] == 443]
    assert secure["Certificates"] == [{"CertificateArn": CERTIFICATE}]
