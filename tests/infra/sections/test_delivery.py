"""How the repository is named that may deploy."""

import pytest
from pydantic import ValidationError

from tests.infra.stages import problem, stage


@pytest.mark.parametrize("repository", ["my-org/app", "my-org@12/app@345", "a/b.c_d-e"])
def test_repository_is_named_as_githubs_tokens_name_it(repository: str) -> None:
    assert stage(delivery={"repository": repository}).delivery.repository == repository


@pytest.mark.parametrize(
    "repository", ["app", "my-org/*", "my-org@12/app", "my-org/app:*", "a@*/b@1"]
)
def test_repository_that_would_match_others_or_none_is_refused(repository: str) -> None:
    with pytest.raises(ValidationError):
        stage(delivery={"repository": repository})


def test_provider_without_a_repository_is_refused() -> None:
    arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    assert problem(delivery={"provider_arn": arn}).path == "delivery.provider_arn"
