"""The stage's model bucket: found by the stack's output, written once for each content."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from threading import Lock
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from service.model.errors import ModelError
from service.model.progress import Progress

STACK = "llm-on-ecs-{stage}-registry"
OUTPUT = "ModelBucketName"
HASH_DIGITS = 12
SHA256 = "sha256"  # the name of the object's metadata


def find_bucket(stage: str) -> str:
    """Wherever the AWS settings point. Raises ModelError."""
    name = STACK.format(stage=stage)
    try:
        (stack,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except (BotoCoreError, ClientError) as failed:
        raise ModelError(
            f"AWS did not describe the stack {name}: {failed}; deploy the stage first, and set "
            "AWS_PROFILE and AWS_REGION to where it is"
        ) from failed
    outputs = {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}
    if OUTPUT not in outputs:
        raise ModelError(
            f"{name}: has no model bucket; set model.bucket = true in {stage}.toml, and deploy"
        )
    return outputs[OUTPUT]


def object_key(file: Path, sha256: str) -> str:
    """The file's name and the first digits of its hash: another content is another object."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", file.stem.lower()).strip(".-_") or "model"
    return f"{plain}-{sha256[:HASH_DIGITS]}.gguf"


def upload(file: Path, *, bucket: str, key: str, sha256: str) -> bool:
    """Whether it had to be uploaded. Raises ModelError."""
    client = boto3.client("s3")
    try:
        if holds(client, bucket, key, sha256=sha256):
            return False
        progress = UploadProgress(file)
        client.upload_file(
            str(file),
            bucket,
            key,
            # S3 compares each part with the checksum that was computed here.
            ExtraArgs={"Metadata": {SHA256: sha256}, "ChecksumAlgorithm": "SHA256"},
            Callback=progress,
        )
    except (BotoCoreError, ClientError, boto3.exceptions.S3UploadFailedError) as failed:
        raise ModelError(
            f"s3://{bucket}/{key}: was not uploaded: {failed}; see that you may write the bucket"
        ) from failed
    progress.finish()
    return True


def holds(client: Any, bucket: str, key: str, *, sha256: str) -> bool:
    """Whether the object is there with this very content."""
    try:
        found = client.head_object(Bucket=bucket, Key=key)
    except ClientError as missing:
        if missing.response["Error"]["Code"] in ("404", "403"):  # 403 without the right to list
            return False
        raise
    return bool(found["Metadata"].get(SHA256) == sha256)


class UploadProgress:
    """boto3 tells the bytes of each step, from several threads."""

    def __init__(self, file: Path) -> None:
        self._total = file.stat().st_size
        self._done = 0
        self._lock = Lock()
        self._progress = Progress(f"uploading {file.name}", sys.stderr)

    def __call__(self, more: int) -> None:
        with self._lock:
            self._done += more
            self._progress(self._done, self._total)

    def finish(self) -> None:
        self._progress.finish()
