"""Whether the endpoint's own name is in Route 53 already, and leads somewhere else."""

from collections.abc import Iterator
from typing import Final

from operations.preflight.finding import Finding, Mark, Subject
from operations.stacks import physical_id
from operations.stage import Resource

RECORD: Final = "AWS::Route53::RecordSet"
# Route 53 has one A record of a name, and nothing beside a CNAME.
# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html
IN_THE_WAY: Final = frozenset({"A", "CNAME"})
# The load balancer has IPv4 addresses only, so no deploy touches such a record.
PAST_IT: Final = "AAAA"


def check_records(subject: Subject) -> Iterator[Finding]:
    """CloudFormation takes over no record that others made, and finds that out last of all."""
    records = [item for item in subject.stage.resources() if item.type == RECORD]
    if not records:
        yield Finding(Mark.OK, "the stage has no name in Route 53")
    for record in records:
        yield _look_at(subject, record)


def _look_at(subject: Subject, record: Resource) -> Finding:
    name, zone = _plain(record.properties["Name"]), record.properties["HostedZoneId"]
    types = _types_of(subject, name, zone=zone)
    if types is None:
        found = f"hosted zone {zone} is not in this account"
        return Finding(Mark.FAILED, found, "correct domain.hosted_zone_id")
    taken = sorted(types & IN_THE_WAY)
    if taken and not _is_own(subject, record, name):
        return Finding(
            Mark.FAILED,
            f"{name} has a record {', '.join(taken)} in {zone}, which is not the stack's",
            "take it away and deploy at once, for until then nobody finds the name; or name "
            "another in domain.name",
        )
    if PAST_IT in types:
        found = f"{name} has a record {PAST_IT} in {zone}: who speaks IPv6 goes where that leads"
        return Finding(Mark.NOTE, found, "take it away")
    return Finding(Mark.OK, f"nothing else has the name {name}")


def _types_of(subject: Subject, name: str, *, zone: str) -> set[str] | None:
    """Of the records of this name; None where there is no such zone."""
    answer = subject.account.ask(
        "route53",
        "ListResourceRecordSets",
        absent=("NoSuchHostedZone",),
        HostedZoneId=zone,
        StartRecordName=name,
    )
    if answer is None:
        return None
    listed = answer["ResourceRecordSets"]
    return {item["Type"] for item in listed if _plain(item["Name"]) == name}


def _is_own(subject: Subject, record: Resource, name: str) -> bool:
    own = physical_id(subject.account, record.stack, record.logical_id)
    return own is not None and _plain(own) == name


def _plain(name: str) -> str:
    """Route 53 writes a name with a dot at its end, and takes it without."""
    return name.rstrip(".")
