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


def count(session: boto3.Session, operation: str) -> list[str]:
    """Notes each of these calls from now on in the list; `operation` is written likewise."""
    calls: list[str] = []
    session.events.register(f"before-call.{operation}", lambda **_: calls.append(operation))
    return calls


def refusal(code: str) -> dict[str, Any]:
    """An error as the SDK reads it."""
    return {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {}}
