"""API keys: their form, their names, what is stored."""

import json
from typing import Any

import pytest

from sandbox.key import add_key, holds_key, key_hash, new_key
from sandbox.state import SandboxError


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


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json"])
def test_secret_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(SandboxError, match=r'does not hold \{"keys"'):
        add_key(Secrets(text), "arn", "alice")
