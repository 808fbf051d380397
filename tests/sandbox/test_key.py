"""API keys: their form, their names, what is stored."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.key import add_key, holds_key, key_hash, new_key, remove_key, table
from sandbox.state import SandboxError
from sandbox.terms import Terms

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


class Secrets:
    """The two calls of Secrets Manager that keys need."""

    def __init__(self, text: str = '{"keys": []}') -> None:
        self.text = text

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        return {"SecretString": self.text}

    def put_secret_value(self, **arguments: Any) -> None:
        self.text = arguments["SecretString"]


def test_key_is_long_and_random() -> None:
    key = new_key()
    assert key.startswith("sk-")
    assert len(key) == 46
    assert key != new_key()


def test_only_the_hash_is_stored() -> None:
    secrets = Secrets()
    key = add_key(secrets, "arn", "alice")
    assert json.loads(secrets.text) == {"keys": [{"name": "alice", "sha256": key_hash(key)}]}
    assert holds_key(secrets, "arn", key)


def test_terms_are_stored_beside_the_hash() -> None:
    secrets = Secrets()
    terms = Terms(NEW_YEAR, requests_per_minute=60, tokens_per_minute=5)
    add_key(secrets, "arn", "alice", terms=terms)
    (item,) = json.loads(secrets.text)["keys"]
    del item["sha256"]
    assert item == {
        "name": "alice",
        "expires": "2027-01-01T00:00:00+00:00",
        "requests_per_minute": 60,
        "tokens_per_minute": 5,
    }


def test_what_a_newer_version_stored_is_kept() -> None:
    secrets = Secrets('{"keys": [{"name": "a", "sha256": "0", "team": "blue"}], "version": 2}')
    add_key(secrets, "arn", "alice")
    remove_key(secrets, "arn", "alice")
    assert json.loads(secrets.text) == {
        "keys": [{"name": "a", "sha256": "0", "team": "blue"}],
        "version": 2,
    }


def test_all_keys_of_a_name_are_removed_and_no_other() -> None:
    item = {"name": "ann", "sha256": "0"}
    secrets = Secrets(json.dumps({"keys": [item, item, {"name": "bob", "sha256": "1"}]}))
    remove_key(secrets, "arn", "ann")
    assert json.loads(secrets.text) == {"keys": [{"name": "bob", "sha256": "1"}]}


def test_name_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(SandboxError, match=r"no key named ann \(keys: none\)"):
        remove_key(Secrets(), "arn", "ann")


def test_table_shows_dates_as_they_stand_to_now_and_never_a_hash() -> None:
    secrets = Secrets()
    for name, terms in {
        "ann": Terms(NEW_YEAR, requests_per_minute=60),
        "robert": Terms(tokens_per_minute=10_000),
    }.items():
        add_key(secrets, "arn", name, terms=terms)
    before = table(secrets, "arn", now=datetime(2026, 12, 31, tzinfo=UTC))
    assert before.splitlines() == [
        "name    expires (UTC)     requests/min  tokens/min",
        "ann     2027-01-01 00:00  60            -",
        "robert  never             -             10000",
    ]
    assert "2027-01-01 00:00, expired  60" in table(secrets, "arn", now=NEW_YEAR)


@pytest.mark.parametrize("expires", ["soon", 7])
def test_date_that_a_service_refuses_is_shown_as_it_stands(expires: object) -> None:
    item = {"name": "ann", "sha256": "0", "expires": expires}
    secrets = Secrets(json.dumps({"keys": [item]}))
    assert f"{expires!r}: no time with a zone" in table(secrets, "arn", now=NEW_YEAR)


def test_keys_live_side_by_side() -> None:
    secrets = Secrets()
    first, second = add_key(secrets, "arn", "alice"), add_key(secrets, "arn", "bob")
    assert holds_key(secrets, "arn", first)
    assert holds_key(secrets, "arn", second)


def test_name_cannot_be_used_twice() -> None:
    secrets = Secrets()
    add_key(secrets, "arn", "alice")
    with pytest.raises(SandboxError, match=r"key named alice already .*choose another"):
        add_key(secrets, "arn", "alice")


def test_key_of_make_up_can_be_replaced() -> None:
    secrets = Secrets()
    old = add_key(secrets, "arn", "alice")
    new = add_key(secrets, "arn", "alice", replace=True)
    assert holds_key(secrets, "arn", new)
    assert not holds_key(secrets, "arn", old)


@pytest.mark.parametrize("name", ["", " ", "a b", "-x", "a" * 65, "a/b", "ü"])
def test_odd_name_is_refused(name: str) -> None:
    with pytest.raises(SandboxError, match="choose another one"):
        add_key(Secrets(), "arn", name)


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json", '{"keys": [{}]}'])
def test_secret_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(SandboxError, match=r'does not hold \{"keys"'):
        add_key(Secrets(text), "arn", "alice")
