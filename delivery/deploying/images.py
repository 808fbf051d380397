"""A container's image as a task definition names it: registry, repository, tag or digest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
_ECR: Final = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.(amazonaws\.com|on\.aws)"
)


@dataclass(frozen=True, slots=True)
class ImageName:
    """`registry/repository:tag`, or `registry/repository@digest`; each part may be empty."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """Without what tells one image from another."""
        return "/".join(filter(None, (self.registry, self.repository)))

    @property
    def ecr(self) -> tuple[str, str] | None:
        """Account and region, where it is in Amazon ECR's private registry."""
        found = _ECR.match(self.registry)
        return (found["account"], found["region"]) if found else None

    @property
    def image_id(self) -> dict[str, str]:
        """As ECR's operations name it; a digest counts before a tag."""
        return {"imageDigest": self.digest} if self.digest else {"imageTag": self.tag or "latest"}


def image_name(text: str) -> ImageName:
    """Read a name; what stands before the first slash is a registry if it looks like a host."""
    rest, _, digest = text.partition("@")
    first, slash, after = rest.partition("/")
    is_host = bool(slash) and (first == "localhost" or "." in first or ":" in first)
    registry, path = (first, after) if is_host else ("", rest)
    repository, _, tag = path.partition(":")
    return ImageName(registry, repository, tag, digest)
