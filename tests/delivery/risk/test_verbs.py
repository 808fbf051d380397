"""`make diff-risk` fails where an update loses something, and names a stage that there is not."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Final

import pytest

from delivery import deploy
from delivery.__main__ import main
from delivery.deploy import Wish
from delivery.deploying.news import Level, Teller
from delivery.deploying.outcome import Outcome, result
from delivery.errors import DeliveryError
from delivery.risk import judging
from delivery.risk.grades import Grade, Reason, Risk
from delivery.risk.verdict import Verdict

LOSS: Final = Risk(
    stack="Registry",
    key="Repository",
    name="Repository",
    kind="AWS::ECR::Repository",
    reasons=(Reason(Grade.REPLACES, "RepositoryName"),),
    loss="The old one stays in the account",
)
Run = Callable[..., int]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """The verb, with a verdict that replaces the repository."""

    def judge(base: str, stages: list[str], accept: list[str]) -> list[Verdict]:
        accepted = dict.fromkeys(accept, "meant")
        return [Verdict(stage, base, (LOSS,), accepted=accepted) for stage in stages]

    def verb(*words: str) -> int:
        monkeypatch.setattr(judging, "judge_stages", judge)
        monkeypatch.setattr(sys, "argv", ["delivery", "diff-risk", "--stage", "dev", *words])
        return main()

    return verb


def test_loss_fails_with_a_sentence(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 3
    told = capsys.readouterr()
    assert told.out.startswith("Stage dev against baseline: 1 replaces")
    assert told.err.startswith("dev: Registry Repository (AWS::ECR::Repository): replaces")


def test_accepted_loss_passes(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--accept", "Other,Repository") == 0
    assert capsys.readouterr().err == ""


def test_deploy_takes_what_may_be_lost_likewise(monkeypatch: pytest.MonkeyPatch) -> None:
    wishes: list[Wish] = []

    def note(wish: Wish, teller: Teller) -> None:
        wishes.append(wish)
        teller.tell(result(Outcome.DONE, "done", Level.GOOD))

    monkeypatch.setattr(deploy, "deploy", note)
    for words in ((), ("--accept", "Other,Repository")):
        monkeypatch.setattr(sys, "argv", ["delivery", "deploy", "--stage", "dev", *words])
        assert main() == 0
    assert [wish.accept for wish in wishes] == [(), ("Other", "Repository")]


def test_program_is_told_in_json(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json", "--base", "deployed") == 3
    (document,) = json.loads(capsys.readouterr().out)
    assert (document["stage"], document["base"], document["ok"]) == ("dev", "deployed", False)


def test_what_could_not_be_judged_ends_otherwise_than_a_loss(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> list[Verdict]:
        raise DeliveryError("BASE=deployed: no credentials")

    assert run() == 3
    monkeypatch.setattr(judging, "judge_stages", fail)
    capsys.readouterr()
    assert main() == 1
    assert capsys.readouterr().err.startswith("BASE=deployed: no credentials")
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--json"])
    assert main() == 1
    assert json.loads(capsys.readouterr().out) == {"error": "BASE=deployed: no credentials"}


@pytest.mark.parametrize("base", ["baseline", "deployed", "HEAD"])
def test_stage_that_there_is_not_is_named(base: str) -> None:
    with pytest.raises(
        DeliveryError, match=r"STAGE: got 'nowhere'; choose one of dev, local, prod"
    ):
        judging.judge_stages(base, ["nowhere"], [])


def test_what_is_deployed_is_asked_for_one_stage() -> None:
    with pytest.raises(DeliveryError, match="STAGE: got none"):
        judging.judge_stages("deployed", [], [])
