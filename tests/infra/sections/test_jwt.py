"""Whose access tokens are taken."""

import pytest
from pydantic import ValidationError

from tests.infra.stages import PUBLIC, problem, stage

JWT = {"issuer": "https://id.example", "audience": "llm", "jwks_url": "https://id.example/keys"}


def test_public_endpoint_may_ask_for_access_tokens_instead_of_keys() -> None:
    auth = {"rest": "jwt", "grpc": "jwt"}
    assert stage(endpoint=PUBLIC, auth=auth, jwt=JWT).jwt.scope is None


@pytest.mark.parametrize("missing", sorted(JWT))
@pytest.mark.parametrize("transport", ["rest", "grpc"])
def test_whoever_asks_for_access_tokens_says_whose(missing: str, transport: str) -> None:
    jwt = {key: value for key, value in JWT.items() if key != missing}
    path, text = problem(auth={transport: "jwt"}, jwt=jwt)
    assert path == f"jwt.{missing}"
    assert f"auth.{transport} is 'jwt'" in text


def test_key_set_over_plain_http_is_refused() -> None:
    with pytest.raises(ValidationError, match="jwks_url"):
        stage(jwt={**JWT, "jwks_url": "http://id.example/keys"})
