"""What a key may, as its maker writes it: until when, and how much a minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from .state import SandboxError

DAYS_AT_MOST = 3650
# The service refuses a document with more, and with it every key that is new in it.
REQUESTS_AT_MOST = 1_000_000
TOKENS_AT_MOST = 1_000_000_000


@dataclass(frozen=True)
class Terms:
    """None is no limit. The limits hold in each task: N tasks allow up to N times as much."""

    expires: datetime | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None

    def stored(self) -> dict[str, str | int]:
        """The fields of a stored key that say so."""
        fields = {
            "expires": None if self.expires is None else self.expires.isoformat(),
            "requests_per_minute": self.requests_per_minute,
            "tokens_per_minute": self.tokens_per_minute,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def sentence(self) -> str:
        until = f"until {self.expires:%Y-%m-%d %H:%M} UTC" if self.expires else "for ever"
        limits = [
            f"{limit} {unit}"
            for limit, unit in (
                (self.requests_per_minute, "requests"),
                (self.tokens_per_minute, "tokens"),
            )
            if limit is not None
        ]
        held = f"{' and '.join(limits)} a minute in each task" if limits else "without limits"
        return f"It is good {until}, {held}."


def terms(expires: str, requests: str, tokens: str, *, now: datetime) -> Terms:
    """Of what was written; empty is none. Raises SandboxError."""
    return Terms(
        expires=expiry(expires, now=now) if expires else None,
        requests_per_minute=limit("REQUESTS_PER_MINUTE", requests, at_most=REQUESTS_AT_MOST),
        tokens_per_minute=limit("TOKENS_PER_MINUTE", tokens, at_most=TOKENS_AT_MOST),
    )


def expiry(text: str, *, now: datetime) -> datetime:
    """In so many days, or at the end of a day (in UTC), on which the key still works."""
    try:
        if text.isdecimal():
            found = now.replace(microsecond=0) + timedelta(days=min(int(text), DAYS_AT_MOST + 1))
        else:
            day = date.fromisoformat(text)
            found = datetime.combine(day, time(), UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        found = now
    if not now < found <= now + timedelta(days=DAYS_AT_MOST):
        raise SandboxError(
            f"EXPIRES: got {text!r}; give a number of days, or the last day as 2027-12-31, at most "
            f"{DAYS_AT_MOST} days from now."
        )
    return found


def limit(name: str, text: str, *, at_most: int) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= at_most:
        raise SandboxError(f"{name}: got {text!r}; give a whole number from 1 to {at_most}.")
    return int(text)
