"""How the repository is named that may deploy."""

from typing import Any

import pytest
from pydantic import ValidationError

from infra.timeouts import BESIDE_DEPLOY_SECONDS, DEPLOY_HOURS
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


LONG: dict[str, dict[str, Any]] = {
    "a long generation": {"limits": {"longest_generation_seconds": 3530}},
    "a long bake": {
        "rollout": {"strategy": "canary", "bake_minutes": 60},
        "endpoint": {"grpc": False},
    },
}


@pytest.mark.parametrize("long", LONG.values(), ids=LONG.keys())
def test_pipeline_whose_credentials_would_end_during_a_deploy_is_refused(
    long: dict[str, Any],
) -> None:
    assert stage(**long).patience.whole_seconds > DEPLOY_HOURS * 3600
    found = problem(delivery={"repository": "my-org/app"}, **long)
    assert found.path == "delivery.repository"
    assert "end after 180 minutes" in found.text


def test_the_longest_deploy_that_a_pipeline_may_carry_out_ends_before_its_credentials() -> None:
    def may(seconds: int) -> bool:
        sections = {"limits": {"longest_generation_seconds": seconds}}
        needed = stage(**sections).patience.whole_seconds + BESIDE_DEPLOY_SECONDS
        fits = needed <= DEPLOY_HOURS * 3600
        assert fits or problem(delivery={"repository": "a/b"}, **sections)
        assert not fits or stage(delivery={"repository": "a/b"}, **sections)
        return fits

    found = [may(seconds) for seconds in range(600, 800, 10)]
    assert found == sorted(found, reverse=True)
    assert set(found) == {True, False}
