"""The command line of the verbs: what a program and a shell are told, however it ends."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from delivery import __main__ as command_line
from delivery import deploy, rollback
from delivery.deploying.news import Level, Teller
from delivery.deploying.outcome import Outcome, result
from delivery.errors import DeliveryError

KEY = "sk-" + "d" * 43
Run = Callable[..., int]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """The exit status of these words."""

    def main(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["delivery", *words])
        return command_line.main()

    return main


@pytest.fixture(params=["deploy", "rollback"])
def verb(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A verb, and how to say what it does in place of its work."""

    def does(act: Callable[[Teller], object]) -> str:
        monkeypatch.setattr(deploy, "deploy", lambda _, teller: act(teller))
        monkeypatch.setattr(rollback, "roll_back", lambda _, teller, **__: act(teller))
        return str(request.param)

    return does


@pytest.mark.parametrize("outcome", list(Outcome))
def test_exit_status_is_the_outcomes_and_the_result_is_the_last_line(
    run: Run, verb: Any, capsys: pytest.CaptureFixture[str], outcome: Outcome
) -> None:
    name = verb(lambda teller: teller.tell(result(outcome, "so it ended", Level.GOOD)))
    assert run(name, "--stage", "dev", "--json") == outcome.status
    first, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["kind"], first["verb"]) == ("start", name)
    assert (last["kind"], last["exit_status"]) == ("result", outcome.status)


def test_error_before_anything_began_is_a_result_too_and_a_refusal(
    run: Run, verb: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: Teller) -> None:
        raise DeliveryError(f"credentials: none, and not {KEY}")

    assert run(verb(refuse), "--stage", "dev", "--json") == Outcome.REFUSED.status
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["kind"], last["outcome"]) == ("result", "refused")
    assert last["text"] == "credentials: none, and not ***; nothing was changed"


def test_a_log_gets_the_same_in_lines(
    run: Run, verb: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: Teller) -> None:
        raise KeyboardInterrupt

    assert run(verb(interrupt), "--stage", "dev") == Outcome.INTERRUPTED.status
    assert capsys.readouterr().out.splitlines()[-1].endswith("interrupted; nothing was changed")


def test_unknown_stage_is_refused_by_the_verb_itself(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("deploy", "--stage", "nowhere", "--json") == Outcome.REFUSED.status
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["text"].startswith("STAGE: got 'nowhere'; choose one of dev, ")


def test_error_of_another_verb_shows_no_key(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from delivery import review

    def fail(_: str) -> str:
        raise DeliveryError(f"cdk diff: said {KEY}")

    monkeypatch.setattr(review, "diff_deployed", fail)
    assert run("diff", "--base", "deployed", "--stage", "dev") == 1
    assert capsys.readouterr().err == "cdk diff: said ***\n"
