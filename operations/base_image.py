"""`make base-image`: pins the Dockerfile's base image to the digest that its tag has now.

Runs on a bare Python, because the scheduled job that proposes the change installs nothing.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

DOCKERFILE: Final = Path(__file__).parents[1] / "service" / "Dockerfile"
LINE: Final = re.compile(
    r"^ARG BASE_IMAGE=(?P<name>[^@\s]+)(?P<digest>@sha256:[0-9a-f]{64})?$", re.M
)
DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
SECONDS: Final = 120


class NoDigest(Exception):
    """The registry did not say it; the message says what to do."""


def current_digest(image: str, *, docker: str = "docker") -> str:
    """The digest of the tag's index, which holds every platform. Raises `NoDigest`.

    https://docs.docker.com/reference/cli/docker/buildx/imagetools/inspect/
    """
    words = [docker, "buildx", "imagetools", "inspect", image, "--format", "{{json .Manifest}}"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=True)
        digest = str(json.loads(done.stdout)["digest"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        raise NoDigest(
            f"{image}: docker buildx did not say its digest: {error}; try again"
        ) from None
    if not DIGEST.fullmatch(digest):
        raise NoDigest(f"{image}: got {digest!r} for a digest; look at what docker buildx says")
    return digest


def pinned(dockerfile: str, *, docker: str = "docker") -> str:
    """The Dockerfile with the digest of today. Raises `NoDigest`."""
    line = LINE.search(dockerfile)
    if line is None:
        raise NoDigest("the Dockerfile has no line ARG BASE_IMAGE=name:tag; write one")
    digest = current_digest(line["name"], docker=docker)
    return LINE.sub(f"ARG BASE_IMAGE={line['name']}@{digest}", dockerfile)


def main() -> int:
    """Rewrite service/Dockerfile."""
    try:
        DOCKERFILE.write_text(pinned(DOCKERFILE.read_text(encoding="utf-8")), encoding="utf-8")
    except NoDigest as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
