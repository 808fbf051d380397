"""Certificates, which moto's CloudFormation lacks, and DNS records, of which it drops aliases."""

from __future__ import annotations

from typing import ClassVar

from moto.core.common_models import CloudFormationModel

from .api import Properties
from .resource import ApiResource


class Certificate(ApiResource, CloudFormationModel):
    """A certificate of ACM's. AWS waits here for the DNS record; moto issues it at once."""

    type_name: ClassVar[str] = "AWS::CertificateManager::Certificate"
    returns: ClassVar[frozenset[str]] = frozenset({"CertificateArn"})
    replaced_by: ClassVar[frozenset[str]] = frozenset(
        {
            *("CertificateAuthorityArn", "CertificateExport", "DomainName"),
            *("DomainValidationOptions", "KeyAlgorithm", "SubjectAlternativeNames"),
        }
    )

    def create(self) -> None:
        chosen = self.take("DomainName", "SubjectAlternativeNames", "Tags", "ValidationMethod")
        # CloudFormation's own: the zone in which it writes the record; the API has no such thing.
        self.take("DomainValidationOptions")
        made = self.call("acm", "RequestCertificate", chosen)
        self.physical_resource_id = made["CertificateArn"]
        self.values = {"CertificateArn": self.physical_resource_id}

    def remove(self) -> None:
        self.call("acm", "DeleteCertificate", {"CertificateArn": self.physical_resource_id})


class RecordSet(ApiResource, CloudFormationModel):
    """A DNS record, an alias as well."""

    type_name: ClassVar[str] = "AWS::Route53::RecordSet"
    replaced_by: ClassVar[frozenset[str]] = frozenset({"HostedZoneId", "HostedZoneName"})

    def create(self) -> None:
        self._change("CREATE")
        self.physical_resource_id = self.properties["Name"]

    def update(self, before: Properties) -> None:
        self._change("UPSERT")
        self.physical_resource_id = self.properties["Name"]
        if self.changed(before, "Name") or self.changed(before, "Type"):
            after, self.properties = self.properties, before
            self._change("DELETE")
            self.properties = after

    def remove(self) -> None:
        self._change("DELETE")

    def _change(self, action: str) -> None:
        record = self.take("AliasTarget", "Name", "ResourceRecords", "TTL", "Type")
        if "ResourceRecords" in record:
            record["ResourceRecords"] = [{"Value": value} for value in record["ResourceRecords"]]
        if "AliasTarget" in record:
            record["AliasTarget"] = {"EvaluateTargetHealth": False, **record["AliasTarget"]}
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        parameters = {**self.take("HostedZoneId"), "ChangeBatch": batch}
        self.call("route53", "ChangeResourceRecordSets", parameters)
