"""The google.rpc details that an error carries over gRPC."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from service import errors
from service.errors import InvalidRequest, ServiceError, Violation
from service.rpc.statuses import details

LIMIT = errors.RateLimitExceeded("tester", limit=5, unit="requests", retry_after_seconds=12)
TWO = InvalidRequest.of_all([Violation.of("top_p", "too much"), Violation.of("seed", "too far")])


def told(error: ServiceError) -> dict[str, Any]:
    """By the names of their types, as a client without our classes decodes them."""
    found = details(error, request_id="r-1")
    return {
        detail.DESCRIPTOR.name: MessageToDict(detail, preserving_proto_field_name=True)
        for detail in found
    }


@pytest.mark.parametrize(
    ("error", "others"),
    [
        (errors.QueueFull("Full.", retry_after_seconds=7), {"RetryInfo": {"retry_delay": "7s"}}),
        (errors.NotAuthenticated("Who?"), {}),
        (errors.InternalError(), {}),
        (
            TWO,
            {
                "BadRequest": {
                    "field_violations": [
                        {"field": "top_p", "description": "Invalid value for 'top_p': too much."},
                        {"field": "seed", "description": "Invalid value for 'seed': too far."},
                    ]
                }
            },
        ),
        (
            LIMIT,
            {
                "RetryInfo": {"retry_delay": "12s"},
                "QuotaFailure": {
                    "violations": [
                        {
                            "subject": "tester",
                            "description": "5 requests per minute",
                            "quota_metric": "requests_per_minute",
                            "quota_value": "5",
                        }
                    ]
                },
            },
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_error_says_why_which_request_and_what_else_is_known(
    error: ServiceError, others: dict[str, Any]
) -> None:
    found = told(error)
    reason = {"reason": error.code.upper(), "domain": "llm-on-ecs"}
    assert found.pop("ErrorInfo").items() >= reason.items()
    assert found.pop("RequestInfo") == {"request_id": "r-1"}
    assert found == others


@pytest.mark.parametrize(
    ("error", "facts"),
    [
        (errors.ModelNotFound("gpt", served="smol"), {"served": "smol"}),
        (
            errors.ContextLengthExceeded(prompt_tokens=9, context_tokens=8, param="prompt"),
            {"prompt_tokens": "9", "context_tokens": "8"},
        ),
        (LIMIT, {"key": "tester", "limit": "5", "unit": "requests"}),
        (errors.InsufficientScope("llm/ask"), {"scope": "llm/ask"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_figures_of_the_message_are_there_for_programs(
    error: ServiceError, facts: dict[str, str]
) -> None:
    assert told(error)["ErrorInfo"]["metadata"] == facts
