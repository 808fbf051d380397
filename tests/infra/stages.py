"""Stages made of the sections that a test is about, and the rules that they break."""

from typing import Any

import pytest
from pydantic import ValidationError

from infra.sections.section import Problem
from infra.settings import StageSettings

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/abc"
PUBLIC: dict[str, Any] = {
    "public": True,
    "certificate_arn": CERTIFICATE,
    "allowed_networks": ["0.0.0.0/0"],
}
GATEWAY = {"kind": "api-gateway"}
# Limits that API Gateway waits for.
SHORT = {"longest_generation_seconds": 220}
ZONE = {
    "name": "llm.example.com",
    "hosted_zone_id": "Z0123456789ABCDEFGHIJ",
    "hosted_zone_name": "example.com",
}
# So little that any task has room for it.
TINY_ENGINE = {"slots": 1, "context_tokens": 256, "max_output_tokens": 16, "prompt_cache_mib": 0}
OWN_MODEL = {"path": "/models/own.gguf", "weights_mib": 80, "kv_bytes_per_token": 1024}
IN_BUCKET = {
    "path": "s3:own.gguf",
    "bucket": True,
    "sha256": "0" * 64,
    "weights_mib": 2000,
    "kv_bytes_per_token": 65536,
}


def stage(**sections: Any) -> StageSettings:
    return StageSettings.model_validate({"name": "own", **sections})


def problems(**sections: Any) -> list[Problem]:
    """The rules that these sections break."""
    with pytest.raises(ValidationError) as error:
        stage(**sections)
    (details,) = error.value.errors()
    return list(details["ctx"]["problems"])


def problem(**sections: Any) -> Problem:
    """The one rule that these sections break."""
    (only,) = problems(**sections)
    return only
