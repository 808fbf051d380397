"""Answers that moto cannot give: the session's clients get them instead of asking."""

from typing import Any

import boto3
from botocore.awsrequest import AWSResponse


def answer(session: boto3.Session, operation: str, parsed: dict[str, Any]) -> None:
    """Have this call answered so; `operation` is written like `sts.GetCallerIdentity`."""
    status = 400 if "Error" in parsed else 200

    def give(**_: Any) -> Any:
        return AWSResponse("", status, {}, b""), parsed  # type: ignore[arg-type]

    session.events.register_first(f"before-call.{operation}", give)


def refusal(code: str) -> dict[str, Any]:
    """An error as the SDK reads it."""
    return {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {}}
