"""Whether the region has the zones, and the account the addresses, for a VPC of the stage's own."""

from collections.abc import Iterator
from typing import Final

from operations.preflight.finding import Finding, Mark, Subject
from operations.stacks import stack_resources

# "EC2-VPC Elastic IPs": of the account in a region, 5 unless it asked for more.
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
ADDRESSES: Final = "L-0263D0A3"
ADDRESS: Final = "AWS::EC2::EIP"


def check_zones(subject: Subject) -> Iterator[Finding]:
    """CloudFormation takes the region's first zones, and fails where there are fewer."""
    settings = subject.stage.settings
    if settings.existing_vpc.id is not None:
        yield Finding(Mark.OK, "the stage has no VPC of its own")
        return
    there = subject.account.ask("ec2", "DescribeAvailabilityZones") or {}
    zones = [
        zone["ZoneName"]
        for zone in there.get("AvailabilityZones", ())
        if zone["State"] == "available"
        and zone.get("ZoneType", "availability-zone") == "availability-zone"
    ]
    wanted = settings.network.zones
    found = f"{subject.account.region} has {len(zones)} for this account; {wanted} are asked for"
    if len(zones) < wanted:
        yield Finding(Mark.FAILED, found, "lower network.zones, or choose another region")
    else:
        yield Finding(Mark.OK, found)


def check_addresses(subject: Subject) -> Iterator[Finding]:
    """Each NAT gateway takes an Elastic IP address, and an account has few."""
    wanted = [item for item in subject.stage.resources() if item.type == ADDRESS]
    there = {stack: _addresses_of(subject, stack) for stack in {item.stack for item in wanted}}
    new = [item for item in wanted if item.logical_id not in there[item.stack]]
    if not new:
        yield Finding(Mark.OK, "the deploy takes no Elastic IP address more")
        return
    allowed = subject.account.ask(
        "service-quotas",
        "GetServiceQuota",
        absent=("NoSuchResourceException",),
        ServiceCode="ec2",
        QuotaCode=ADDRESSES,
    )
    if allowed is None:
        todo = f"look {ADDRESSES} up in the console"
        yield Finding(Mark.UNKNOWN, "Service Quotas does not name it in this region", todo)
        return
    most = int(allowed["Quota"]["Value"])
    used = len((subject.account.ask("ec2", "DescribeAddresses") or {}).get("Addresses", ()))
    found = f"{most} in this region for the account; {used} are there, {len(new)} would be added"
    if used + len(new) > most:
        ask = f"ask Service Quotas for {used + len(new)} ({ADDRESSES})"
        yield Finding(Mark.FAILED, found, f"{ask}, or lower network.nat_gateways")
    else:
        yield Finding(Mark.OK, found)


def _addresses_of(subject: Subject, stack: str) -> set[str]:
    """Those that the stack has already, by their logical ids."""
    return {
        item["LogicalResourceId"]
        for item in stack_resources(subject.account, stack)
        if item["ResourceType"] == ADDRESS
    }
