"""What a URL means, and that the key stays hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_on_ecs import AsyncLLMClient, LLMClient
from llm_on_ecs.address import Transport, address

KEY = "sk-of-a-test"


@pytest.fixture(autouse=True)
def no_key_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LLM_API_KEY", raising=False)
    monkeypatch.delenv("LLM_GATEWAY_API_KEY", raising=False)


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://localhost:8080/v1", "http://localhost:8080"),
        ("https://llm.example.com/", "https://llm.example.com:443"),
        ("https://api.example.com/prod/v1/", "https://api.example.com:443/prod"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_rest_url(url: str, base_url: str) -> None:
    found = address(url, api_key=None, transport=None)
    assert (found.transport, found.base_url) == ("rest", base_url)


@pytest.mark.parametrize(
    ("url", "transport", "target", "tls"),
    [
        ("grpc://localhost", None, "localhost:50051", False),
        ("grpcs://llm.example.com", None, "llm.example.com:443", True),
        ("https://llm.example.com", "grpc", "llm.example.com:443", True),
        ("http://localhost:9000", "grpc", "localhost:9000", False),
    ],
)
def test_grpc_url(url: str, transport: Transport | None, target: str, tls: bool) -> None:
    found = address(url, api_key=None, transport=transport)
    assert (found.transport, found.target, found.tls) == ("grpc", target, tls)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("localhost:8080", "write http://host"),
        ("ftp://localhost", "got scheme 'ftp'"),
        ("grpc://host/v2", "gRPC has no paths"),
        ("http://me:secret@host", "give the key as api_key"),
    ],
)
def test_what_is_no_address_is_refused_with_the_remedy(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        address(url, api_key=None, transport=None)
    assert "secret" not in str(refused.value)


def test_key_comes_from_the_argument_then_from_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LLM_API_KEY", "sk-environment")
    assert address("http://h", api_key=KEY, transport=None).api_key == KEY
    assert address("http://h", api_key=None, transport=None).api_key == "sk-environment"
    assert address("http://h", api_key="", transport=None).authorization == {}


def test_key_to_another_companys_service_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert address("http://h", api_key=None, transport=None).api_key is None


@pytest.mark.parametrize("key", ["sk-secret\n", "sk secret", "sk-secr\u00e9t"])
def test_key_that_cannot_be_one_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ValueError, match="the API key has a space") as refused:
        address("http://h", api_key=key, transport=None)
    assert "sk" not in str(refused.value)


def test_gateway_s_key_is_a_header_of_rest_beside_the_endpoint_s() -> None:
    found = address("https://h/prod", api_key=KEY, transport=None, gateway_api_key="gw-1")
    assert found.headers == {"authorization": f"Bearer {KEY}", "x-api-key": "gw-1"}


def test_gateway_s_key_comes_from_its_variable_and_over_rest_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LLM_GATEWAY_API_KEY", "gw-environment")
    assert address("https://h", api_key=None, transport=None).headers == {
        "x-api-key": "gw-environment"
    }
    assert address("grpcs://h", api_key=None, transport=None).gateway_api_key is None


def test_gateway_s_key_over_grpc_is_refused() -> None:
    with pytest.raises(ValueError, match="an API Gateway passes no gRPC") as refused:
        address("grpcs://h", api_key=None, transport=None, gateway_api_key="gw-1")
    assert "gw-1" not in str(refused.value)


def test_gateway_s_key_that_cannot_be_one_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="the gateway's API key has a space") as refused:
        address("https://h", api_key=None, transport=None, gateway_api_key="gw-1\r\n")
    assert "gw" not in str(refused.value)


def test_repr_has_the_address_and_no_key() -> None:
    with LLMClient("http://localhost:8080", api_key=KEY, gateway_api_key="gw-1") as client:
        shown = repr(client) + repr(AsyncLLMClient("grpc://localhost", api_key=KEY))
    assert "localhost" in shown
    assert KEY not in shown
    assert "gw-1" not in shown


@pytest.mark.parametrize("url", ["https://localhost", "grpcs://localhost"])
@pytest.mark.parametrize("client", [LLMClient, AsyncLLMClient])
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_authorities_that_cannot_be_read_are_refused_by_name(
    tmp_path: Path, url: str, client: type[LLMClient | AsyncLLMClient], content: str | None
) -> None:
    file = tmp_path / "authorities.pem"
    if content:
        file.write_text(content)
    with pytest.raises(ValueError, match=r"ca_file cannot be used: got '.*authorities.pem'"):
        client(url, ca_file=str(file))


def test_authorities_without_tls_are_refused() -> None:
    with pytest.raises(ValueError, match="ca_file is for TLS"):
        LLMClient("http://localhost", ca_file="authorities.pem")


def test_misspelt_option_is_refused_with_those_there_are() -> None:
    with (
        LLMClient("http://localhost") as client,
        pytest.raises(TypeError, match=r"got temprature; .*temperature"),
    ):
        client.generate("Hi", temprature=1)  # type: ignore[call-arg]


def test_negative_retries_are_refused() -> None:
    with pytest.raises(ValueError, match="max_retries is negative: got -1"):
        LLMClient("http://localhost", max_retries=-1)


def test_client_that_may_make_no_call_is_refused() -> None:
    with pytest.raises(ValueError, match="max_concurrency leaves no call: got 0"):
        AsyncLLMClient("http://localhost", max_concurrency=0)
