"""The folder .sandbox/ and the settings it keeps."""

import stat
from pathlib import Path

import pytest

from sandbox.state import Ports, SandboxError, Settings, State, aws_environment


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path)
    state.prepare()
    return state


def test_ports_have_defaults() -> None:
    assert Ports.from_environment({}) == Ports(http=8080, grpc=50051, aws=4566)


def test_ports_are_set_by_the_environment() -> None:
    ports = Ports.from_environment({"LLM_SANDBOX_HTTP_PORT": "9000"})
    assert ports.http == 9000


@pytest.mark.parametrize("text", ["eighty", "80", "70000", "-1", ""])
def test_impossible_port_is_refused_with_its_variable(text: str) -> None:
    with pytest.raises(SandboxError, match="LLM_SANDBOX_GRPC_PORT must be a port"):
        Ports.from_environment({"LLM_SANDBOX_GRPC_PORT": text})


def test_two_addresses_cannot_share_a_port() -> None:
    with pytest.raises(SandboxError, match="three different ports"):
        Ports.from_environment({"LLM_SANDBOX_HTTP_PORT": "4566"})


def test_endpoints_hold_the_key_for_their_owner_only(state: State) -> None:
    state.save_endpoints(Ports(http=1, grpc=2, aws=3), "sk-secret")
    assert stat.S_IMODE(state.endpoints.stat().st_mode) == 0o600
    assert state.read(state.endpoints) == {
        "http": "http://127.0.0.1:1",
        "grpc": "127.0.0.1:2",
        "aws": "http://localhost:3",
        "api_key": "sk-secret",
    }


def test_settings_survive_a_restart(state: State) -> None:
    settings = Settings(Ports(http=1, grpc=2, aws=3), "process", "python -m x", "local")
    state.save_settings(settings)
    assert State(state.root).settings() == settings


def test_half_written_file_reads_as_none(state: State) -> None:
    state.status.write_text("{")
    assert state.read(state.status) is None


def test_settings_of_another_version_are_as_none(state: State) -> None:
    state.write(state.folder / "settings.json", {"ports": {"http": 1}, "newer": True})
    assert state.settings() is None


def test_sandbox_is_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet")
    assert aws_environment(4566)["NO_PROXY"] == "intranet,localhost,127.0.0.1"
