"""Volumes, beyond what mount points say."""

from collections.abc import Iterator
from typing import Final

from infra.reading.node import Node
from infra.reading.rule import Finding, Rule
from infra.reading.stack import Stack
from infra.reading.tasks import containers, fargate_tasks, task_definitions

ROOT: Final = ("root", "0")
OTHER_KINDS: Final = (
    "EFSVolumeConfiguration",
    "FSxWindowsFileServerVolumeConfiguration",
    "S3FilesVolumeConfiguration",
    "ConfiguredAtLaunch",
)


class EfsEncryption(Rule):
    """EFS with an access point or IAM."""

    id = "E9519"
    shortdesc = "EFS with IAM or an access point is encrypted in transit"
    description = "ECS refuses a volume that asks for either without TransitEncryption."
    source_url = (
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EFSAuthorizationConfig.html"
    )

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in task_definitions(stack):
            for volume in task["Volumes"].items():
                efs = volume["EFSVolumeConfiguration"]
                access = efs["AuthorizationConfig"]
                wants = access["IAM"].text() == "ENABLED" or access["AccessPointId"].exists
                encrypted = efs["TransitEncryption"].text(absent="DISABLED")
                if wants and encrypted == "DISABLED":
                    wrong = "IAM or an access point of EFS needs TransitEncryption"
                    place = efs["TransitEncryption"]
                    yield Finding(place, wrong, encrypted, "set it to ENABLED")


class VolumeOwner(Rule):
    """Empty volumes that a container writes to as somebody else than root."""

    id = "W9520"
    shortdesc = "A volume that is written to by another user than root belongs to that user"
    description = (
        "Fargate's empty volumes belong to root unless the image owns the path and declares it a "
        "VOLUME."
    )
    source_url = "https://github.com/aws/containers-roadmap/issues/938"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in fargate_tasks(stack):
            empty = {volume["Name"].text() for volume in task["Volumes"].items() if _empty(volume)}
            for container in containers(task):
                user = container["User"].text()
                if user is None or user.partition(":")[0] in ROOT:
                    continue
                for mount in container["MountPoints"].items():
                    if mount["SourceVolume"].text() in empty and not mount["ReadOnly"].flag():
                        yield self._finding(mount, user)

    @staticmethod
    def _finding(mount: Node, user: str) -> Finding:
        path = mount["ContainerPath"].text()
        wrong = f"user {user} writes to a volume that belongs to root on Fargate"
        remedy = "have the image own that path and declare it a VOLUME, then ignore this rule there"
        return Finding(mount["ContainerPath"], wrong, path, remedy)


def _empty(volume: Node) -> bool:
    return not any(volume[kind].exists for kind in OTHER_KINDS)
