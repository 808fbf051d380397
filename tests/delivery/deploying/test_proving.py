"""The smoke test after a deploy: what it shows, and what it does not pretend to have shown."""

import pytest

from delivery import smoke
from delivery.deploying import proving
from delivery.deploying.news import Level
from delivery.deploying.proving import Proof, prove
from delivery.endpoint import Endpoint
from tests.delivery.deploying.account import Listener
from tests.delivery.endpoint import KEY, Answer, endpoint, healthy


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The good key is in the environment, and no wait is long."""
    monkeypatch.setenv("LLM_API_KEY", KEY)
    monkeypatch.delenv("LLM_GATEWAY_API_KEY", raising=False)
    monkeypatch.setattr(proving, "SECONDS", 2.0)
    monkeypatch.setattr(proving, "INTERNAL_SECONDS", 1.0)
    monkeypatch.setattr(smoke, "PAUSE_SECONDS", 0.01)


def test_good_endpoint_is_proved_completely() -> None:
    told = Listener()
    with endpoint(healthy) as url:
        assert prove(Endpoint(url), told, stage="dev") is Proof.COMPLETE
    assert len(told.of(Level.GOOD)) == 4
    assert told.of(Level.WARNING) == []


def test_without_a_key_half_is_proved_and_the_result_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LLM_API_KEY")
    told = Listener()
    with endpoint(healthy) as url:
        assert prove(Endpoint(url), told, stage="dev") is Proof.HALF
    (warning,) = told.of(Level.WARNING)
    assert warning.startswith("only what needs no key was run: LLM_API_KEY has no key")
    assert "make key NAME=smoke STAGE=dev" in warning


def test_gateway_whose_key_is_missing_lets_nothing_be_shown() -> None:
    told = Listener()
    with endpoint(healthy, behind_gateway=True) as url:
        assert prove(Endpoint(url, needs_gateway_key=True), told, stage="dev") is Proof.HALF
    assert "LLM_GATEWAY_API_KEY has no key" in told.of(Level.WARNING)[0]
    assert told.of(Level.GOOD) == []


def test_wrong_answer_is_a_failure_with_its_remedy() -> None:
    def broken(path: str, good_key: bool) -> Answer:
        return (500, {}) if "chat" in path else healthy(path, good_key)

    told = Listener()
    with endpoint(broken) as url:
        assert prove(Endpoint(url), told, stage="dev") is Proof.FAILED
    assert told.of(Level.BAD) == ["chat: got 500 '{}'; look at the tasks' logs"]


def closed_address() -> str:
    with endpoint(healthy) as url:
        return url


def test_public_endpoint_that_nobody_answers_at_is_a_failure() -> None:
    told = Listener()
    assert prove(Endpoint(closed_address()), told, stage="dev") is Proof.FAILED


def test_internal_endpoint_out_of_reach_is_said_and_is_no_failure() -> None:
    told = Listener()
    asked = Endpoint(closed_address(), internal=True)
    assert prove(asked, told, stage="dev") is Proof.NOT_RUN
    (warning,) = told.of(Level.WARNING)
    assert "make smoke STAGE=dev inside its network" in warning


def test_internal_endpoint_that_answers_wrongly_is_a_failure() -> None:
    with endpoint(lambda _path, _good: (500, {})) as url:
        asked = Endpoint(url, internal=True)
        assert prove(asked, Listener(), stage="dev") is Proof.FAILED
