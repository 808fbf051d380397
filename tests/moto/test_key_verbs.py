"""The verbs of a stage's keys, as the command line has them, against a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from sandbox.__main__ import _parser
from sandbox.key import key_hash
from sandbox.state import SandboxError, State


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("secretsmanager")
        yield client.create_secret(Name="keys", SecretString='{"keys": []}')["ARN"]


@pytest.fixture
def verb(secret: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Verb:
    return Verb(secret, tmp_path, capsys)


class Verb:
    """Runs one as `python -m sandbox` would; what it prints."""

    def __init__(self, secret: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._secret, self._root, self._capsys = secret, root, capsys

    def __call__(self, *words: str) -> str:
        arguments = _parser().parse_args([*words, "--stage", "dev", "--secret", self._secret])
        assert arguments.run(arguments, State(self._root)) == 0
        return self._capsys.readouterr().out


def stored(secret: str) -> str:
    text: str = boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    return text


def test_key_is_shown_once_with_its_terms_and_stored_as_its_hash(secret: str, verb: Verb) -> None:
    told = verb("key", "ann", "--expires", "90", "--requests-per-minute", "60")
    key, _, *rest = told.splitlines()
    assert key.startswith("sk-")
    assert rest[-1].endswith("60 requests a minute in each task.")
    assert key not in stored(secret)
    assert key_hash(key) in stored(secret)


def test_keys_are_listed_with_dates_and_limits_and_never_a_hash(secret: str, verb: Verb) -> None:
    made = verb("key", "ann", "--tokens-per-minute", "5000").splitlines()[0]
    verb("key", "first")
    listed = verb("keys")
    header, ann, first = listed.splitlines()
    assert header.split("  ")[0].strip() == "name"
    assert ann.split() == ["ann", "never", "-", "5000"]
    assert first.split() == ["first", "never", "-", "-"]
    assert made not in listed
    assert key_hash(made) not in listed


def test_key_is_taken_away_by_its_name_and_the_others_stay(secret: str, verb: Verb) -> None:
    verb("key", "ann")
    verb("key", "bob")
    assert verb("key-remove", "ann").startswith("ann is removed; ")
    assert [item["name"] for item in json.loads(stored(secret))["keys"]] == ["bob"]
    with pytest.raises(SandboxError, match=r"no key named ann \(keys: bob\)"):
        verb("key-remove", "ann")


def test_refusal_of_aws_is_a_sentence(verb: Verb, secret: str) -> None:
    boto3.client("secretsmanager").delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    with pytest.raises(SandboxError, match=r"^Secrets Manager refused: .*check the ARN"):
        verb("keys")
