"""Who calls is not known, may not do this, or has had its share."""

from __future__ import annotations

from datetime import UTC, datetime

from service.errors.base import ServiceError


class NotAuthenticated(ServiceError):
    """The request carries no API key, or one that is not known."""

    code = "invalid_api_key"


class ExpiredApiKey(NotAuthenticated):
    """The API key is known, and its time is over."""

    code = "expired_api_key"

    def __init__(self, name: str, *, expired: datetime) -> None:
        super().__init__(
            f"The API key `{name}` expired on {expired.astimezone(UTC):%Y-%m-%d at %H:%M} UTC; "
            "ask for a new one.",
            facts={"key": name, "expired": expired.isoformat()},
        )
        self.name = name


class InvalidAccessToken(NotAuthenticated):
    """The access token has expired, or is of another issuer, for others, or forged."""

    code = "invalid_access_token"


class InsufficientScope(ServiceError):
    """The access token is valid, and does not allow this."""

    code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"The access token lacks the scope `{scope}`; ask for one that has it.",
            facts={"scope": scope},
        )
        self.scope = scope


class RateLimitExceeded(ServiceError):
    """The callers of one name have used up a limit of theirs; it is none of the server's capacity.

    `subject` is the name, `unit` what is limited: "requests" or "tokens".
    """

    code = "rate_limit_exceeded"

    def __init__(self, subject: str, *, limit: int, unit: str, retry_after_seconds: int) -> None:
        super().__init__(
            f"The API key `{subject}` may use {limit} {unit} per minute here, and has used them; "
            f"send the request again after {retry_after_seconds} s.",
            facts={"key": subject, "limit": limit, "unit": unit},
        )
        self.subject = subject
        self.limit = limit
        self.unit = unit
        self.retry_after_seconds: int = retry_after_seconds
