"""Verbs that touch a stage in AWS go to the account and region of its file, or nowhere."""

from pathlib import Path

import pytest
from rich.console import Console

import sandbox.__main__ as sandbox_verbs
import weights.__main__ as weights_verb
from delivery import status
from delivery.errors import DeliveryError
from infra.settings import StageSettings
from operations import place
from operations.place import WrongPlace, refuse_elsewhere
from sandbox.state import SandboxError, State
from tests.delivery.deploying.account import FakeAccount
from tests.service.model.files import write_model

PINNED = {"account": "111122223333", "region": "eu-west-1"}


def account(number: str = "111122223333") -> FakeAccount:
    """In us-east-1."""
    return FakeAccount(GetCallerIdentity={"Account": number, "Arn": "arn:role/ann"})


@pytest.fixture(autouse=True)
def pin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stage prod, pinned to the account and another region; dev pinned to nothing."""

    def load(name: str) -> StageSettings:
        pins = PINNED if name == "prod" else {}
        return StageSettings.model_validate({"name": name, "deploy": pins})

    monkeypatch.setattr(place, "load_stage", load)


def test_credentials_of_another_account_are_refused_with_what_to_do() -> None:
    with pytest.raises(WrongPlace) as refused:
        refuse_elsewhere("prod", account("999999999999"))
    assert str(refused.value) == (
        "account and region: account 999999999999, but prod.toml says 111122223333; "
        "use other credentials"
    )


def test_another_region_is_refused_with_the_variable_to_set() -> None:
    with pytest.raises(WrongPlace, match=r"region us-east-1, but .*; set AWS_REGION=eu-west-1"):
        refuse_elsewhere("prod", account())


@pytest.mark.parametrize("stage", ["dev", "removed"])
def test_nothing_is_asked_of_a_stage_that_is_pinned_to_nothing(stage: str) -> None:
    asked = account()
    refuse_elsewhere(stage, asked)
    assert asked.asked == []


def test_status_tells_nothing_of_another_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "open_account", lambda _: account("999999999999"))
    with pytest.raises(DeliveryError, match=r"account 9+, but prod\.toml says"):
        status.status("prod", as_json=False, ask_cost=False, console=Console())


def test_a_model_goes_into_no_other_account(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(place, "open_account", lambda: account("999999999999"))
    monkeypatch.setattr(weights_verb, "ROOT", tmp_path)
    with pytest.raises(WrongPlace, match=r"account 9+, but prod\.toml says"):
        weights_verb.put(str(write_model(tmp_path / "own.gguf")), stage_name="prod")


@pytest.mark.parametrize("words", [["key", "ann"], ["keys"], ["key-remove", "ann"]])
def test_keys_go_where_the_program_that_looks_lets_them(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "operations"
    package.mkdir()
    (package / "place.py").write_text("import sys; sys.exit(f'not there: {sys.argv[1:]}')")
    monkeypatch.setattr(sandbox_verbs, "ROOT", tmp_path)
    arguments = sandbox_verbs._parser().parse_args([*words, "--stage", "prod", "--secret", "arn"])
    with pytest.raises(SandboxError, match=r"^not there: \['--stage', 'prod'\]$"):
        arguments.run(arguments, State(tmp_path))


def test_the_program_that_looks_says_the_sentence_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(place, "open_account", lambda: account("999999999999"))
    monkeypatch.setattr("sys.argv", ["place", "--stage", "prod"])
    assert place.main() == 1
    assert capsys.readouterr().err.startswith("account and region: account 999999999999, but ")
    monkeypatch.setattr("sys.argv", ["place", "--stage", "dev"])
    assert place.main() == 0
