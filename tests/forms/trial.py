"""Gives the real engine forms that the service lets pass, and looks how it bears them."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import jsonschema_rs
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.forms.strategies import forms
from tests.service.process import ServiceProcess, service_process

SECONDS = 60
TOKENS = 24


@dataclass
class Findings:
    """How the forms were answered, and how long another stream stood still at most."""

    answers: Counter[str] = field(default_factory=Counter)
    longest_gap_seconds: float = 0
    longest_gap_form: Any = None
    unfit: list[tuple[Any, str]] = field(default_factory=list)

    def __str__(self) -> str:
        counted = ", ".join(f"{name}: {count}" for name, count in self.answers.most_common())
        return (
            f"{self.answers.total()} forms ({counted}); another stream stood still for "
            f"{self.longest_gap_seconds:.2f} s at most"
        )


class Bystander:
    """Another client's stream, begun again whenever it ends; knows when it last got something."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.last = time.monotonic()
        self.longest = 0.0

    @contextmanager
    def listening(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join(SECONDS)

    def gap(self) -> float:
        """The longest silence since the last time that this was asked."""
        longest = max(self.longest, time.monotonic() - self.last)
        self.longest = 0.0
        return longest

    def _run(self) -> None:
        body = {"prompt": "Once", "stream": True, "ignore_eos": True, "max_tokens": 900}
        with httpx.Client(base_url=self._url, timeout=SECONDS) as client:
            while not self._ended.is_set():
                with client.stream("POST", "/v1/completions", json=body) as stream:
                    for _ in stream.iter_lines():
                        now = time.monotonic()
                        self.longest, self.last = max(self.longest, now - self.last), now
                        if self._ended.is_set():
                            return


@contextmanager
def engine_on_trial() -> Iterator[ServiceProcess]:
    with service_process(LLM_REST_AUTH="off", LLM_SLOTS="3", LLM_CONTEXT_TOKENS="1024") as service:
        service.wait_until_ready()
        yield service


def trial(*, cases: int, first: int) -> Findings:
    """Fails where the engine dies, answers with an error of its own or breaks a form."""
    findings = Findings()
    with engine_on_trial() as service:
        bystander, child = Bystander(service.url), service.engine()
        with bystander.listening(), httpx.Client(base_url=service.url, timeout=SECONDS) as client:

            @seed(first)
            @settings(
                max_examples=cases,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(forms)
            def ask(form: dict[str, Any]) -> None:
                bystander.gap()
                answer = client.post(
                    "/v1/completions",
                    json={"prompt": "An example:", "max_tokens": TOKENS, "seed": 1} | form,
                )
                note(findings, form, answer, bystander.gap())
                assert service.engine() == child, f"the engine died of {form}"

            ask()
    return findings


def note(findings: Findings, form: dict[str, Any], answer: httpx.Response, gap: float) -> None:
    body = answer.json()
    if answer.status_code == 400:
        findings.answers[refusal(body["error"])] += 1
        return
    assert answer.status_code == 200, (form, body)
    if gap > findings.longest_gap_seconds:
        findings.longest_gap_seconds, findings.longest_gap_form = gap, form
    (choice,) = body["choices"]
    findings.answers[choice["finish_reason"]] += 1
    if choice["finish_reason"] == "stop" and "json_schema" in form:
        wrong = unfit(choice["text"], form["json_schema"])
        if wrong:
            findings.unfit.append((form, f"{wrong}: {choice['text']!r}"))


def refusal(error: dict[str, Any]) -> str:
    """By the guard, which names the place, or by the engine."""
    by_engine = "Failed to" in error["message"] or "generation failed" in error["message"]
    return f"refused by the engine: {error['message']}" if by_engine else "refused by us"


def unfit(text: str, schema: dict[str, Any]) -> str | None:
    try:
        jsonschema_rs.validate(schema, json.loads(text))
    except (ValueError, jsonschema_rs.ValidationError) as wrong:
        return str(wrong).splitlines()[0]
    return None
