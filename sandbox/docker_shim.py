#!/usr/bin/env python3
"""The CDK CLI's `docker` (CDK_DOCKER): builds for real, and keeps the image on this machine.

No sandbox serves the host names of ECR. So `login` does nothing, and `push` records the tag in the
sandbox's ECR, where the CLI looks for it; the runner runs the local image of that name.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys


def main(words: list[str]) -> int:
    """Do what the CLI asks; the exit status."""
    verb = words[0] if words else ""
    if verb == "login":
        sys.stdin.read()
        return 0
    if verb == "push":
        return push(words[-1])
    if verb == "build":
        words = ["build", "--network", "host", *words[1:]]
    return subprocess.run(["docker", *words], check=False).returncode


def push(name: str) -> int:
    """Put a manifest with the local image's own digest under the tag."""
    import boto3  # slow to import, and only a push needs it

    registry, _, path = name.partition("/")
    repository, _, tag = path.rpartition(":")
    region = registry.split(".")[3]
    inspected = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{.Id}}", name],
        check=True,
        capture_output=True,
        text=True,
    )
    client = boto3.client("ecr", region_name=region, endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    manifest = _manifest(inspected.stdout.strip())
    client.put_image(repositoryName=repository, imageTag=tag, imageManifest=manifest)
    return 0


def _manifest(image_id: str) -> str:
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    layer = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    digest = f"sha256:{hashlib.sha256(image_id.encode()).hexdigest()}"
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": {
                "mediaType": "application/vnd.docker.container.image.v1+json",
                "size": 0,
                "digest": image_id,
            },
            "layers": [{"mediaType": layer, "size": 0, "digest": digest}],
        }
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
