"""The endpoint's own name: its certificate, and the record that points at the load balancer."""

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct, IDependable

from infra.sections.domain import DomainSettings


class Domain(Construct):
    """A name in a hosted zone of this account. No lookup: the settings hold id and name."""

    def __init__(
        self, scope: Construct, construct_id: str, *, domain: DomainSettings, name: str
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = name
        self._zone = route53.HostedZone.from_hosted_zone_attributes(
            self,
            "Zone",
            hosted_zone_id=domain.hosted_zone_id or "",
            zone_name=domain.hosted_zone_name or "",
        )

    def make_certificate(self) -> acm.ICertificate:
        """The deploy waits until ACM has found the validation record, which CloudFormation writes.

        ACM renews the certificate for as long as that record stays.
        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-certificatemanager-certificate.html
        """
        return acm.Certificate(
            self,
            "Certificate",
            domain_name=self.name,
            validation=acm.CertificateValidation.from_dns(self._zone),
        )

    def point_at(self, balancer: elbv2.ApplicationLoadBalancer, *, serving: IDependable) -> None:
        """Resolve the name to the load balancer, which has IPv4 addresses only.

        When `serving` is: where both are replaced, clients go on to the new ones when those serve.
        """
        record = route53.ARecord(
            self,
            "Record",
            zone=self._zone,
            record_name=f"{self.name}.",
            target=route53.RecordTarget.from_alias(targets.LoadBalancerTarget(balancer)),
        )
        record.node.add_dependency(serving)
