"""An AWS account that answers what a test puts there, and remembers what it was asked."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError

from delivery.deploying.news import KINDS, Level, News, Picture
from operations.account import Account, CouldNotAsk, _asked

Answer = Any


class FakeAccount(Account):
    """`answers` has what each operation gives: a value, a function of its arguments, or an error.

    What lists things page by page gives the list itself. AWS's own errors (`refusal`) are read as
    those of a real account are, so that only a code that is asked for means absence.
    """

    def __init__(self, **answers: Answer) -> None:
        super().__init__(boto3.Session(region_name="us-east-1"))
        self.answers: dict[str, Answer] = answers
        self.asked: list[str] = []

    def ask(
        self, service: str, operation: str, /, *, absent: tuple[str, ...] = (), **parameters: Any
    ) -> dict[str, Any] | None:
        self.asked.append(operation)

        def question() -> dict[str, Any]:
            answer = self.answers[operation]
            if callable(answer):
                answer = answer(**parameters)
            if isinstance(answer, Exception):
                raise answer
            found: dict[str, Any] = answer
            return found

        return _asked(question, service=service, absent=absent)

    def ask_all(
        self,
        service: str,
        operation: str,
        key: str,
        /,
        *,
        absent: tuple[str, ...] = (),
        **parameters: Any,
    ) -> list[Any]:
        found: Any = self.ask(service, operation, absent=absent, **parameters)
        return list((found[key] if isinstance(found, dict) else found) or ())


class Listener:
    """A teller that keeps what it is told, and holds each kind to its facts."""

    def __init__(self) -> None:
        self.news: list[News] = []
        self.pictures: list[Picture] = []

    def tell(self, news: News) -> None:
        assert set(news.facts) <= set(KINDS[news.kind]), f"{news.kind} has no such facts"
        self.news.append(news)

    def show(self, picture: Picture) -> None:
        self.pictures.append(picture)

    def pause(self) -> None:
        pass

    @property
    def texts(self) -> list[str]:
        return [item.text for item in self.news]

    def of(self, level: Level) -> list[str]:
        return [item.text for item in self.news if item.level is level]


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def refusal(code: str, message: str = "no") -> ClientError:
    """AWS's answer with this error code."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "TheOperation")


def denied(permission: str) -> CouldNotAsk:
    return CouldNotAsk(f"needs permission {permission}")
