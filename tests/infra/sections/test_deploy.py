"""Account and region, and that whatever a stage names is there."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.infra.stages import PUBLIC, problem, problems, stage

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/12345678-1234-1234-1234-123456789012"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"

ALL: dict[str, Any] = {
    "endpoint": PUBLIC,
    "encryption": {"logs_key_arn": KEY},
    "governance": {"permissions_boundary": BOUNDARY},
    "delivery": {"repository": "my-org/app", "provider_arn": PROVIDER},
}


def test_what_is_named_in_the_stages_own_account_and_region_is_accepted() -> None:
    assert stage(deploy={"account": ACCOUNT, "region": "us-east-1"}, **ALL)


def test_a_certificate_or_key_of_another_region_is_refused() -> None:
    found = problems(deploy={"region": "eu-west-1"}, **ALL)
    assert {path for path, _ in found} == {"endpoint.certificate_arn", "encryption.logs_key_arn"}
    assert all(
        "but deploy.region is 'eu-west-1'; name one of eu-west-1" in text for _, text in found
    )


def test_what_is_of_another_account_is_refused_but_for_keys_which_may_be_shared() -> None:
    found = problems(deploy={"account": "999999999999"}, **ALL)
    assert {path for path, _ in found} == {
        "endpoint.certificate_arn",
        "governance.permissions_boundary",
        "delivery.provider_arn",
    }
    assert all(f"got one of account {ACCOUNT}" in text for _, text in found)


def test_a_boundary_of_aws_or_by_its_name_is_of_every_account() -> None:
    for boundary in ("arn:aws:iam::aws:policy/PowerUserAccess", "developer-boundary"):
        governance = {"permissions_boundary": boundary}
        assert stage(deploy={"account": "999999999999"}, governance=governance)


def test_without_a_pin_all_that_is_named_is_of_one_region() -> None:
    elsewhere = KEY.replace("us-east-1", "eu-west-1")
    found = problem(endpoint=PUBLIC, encryption={"secret_key_arn": elsewhere})
    assert found.path == "encryption.secret_key_arn"
    assert found.text.startswith("got one of eu-west-1, but endpoint.certificate_arn names one of ")


@pytest.mark.parametrize(
    "arn",
    [
        "alias/mine",
        KEY.replace("key/", "alias/"),
        KEY.removesuffix("012"),
        "12345678-1234-1234-1234-123456789012",
    ],
)
def test_a_key_is_named_by_its_arn_and_by_no_alias(arn: str) -> None:
    with pytest.raises(ValidationError, match="secret_key_arn"):
        stage(encryption={"secret_key_arn": arn})


def test_a_key_of_several_regions_is_a_key() -> None:
    arn = f"arn:aws-us-gov:kms:us-gov-west-1:{ACCOUNT}:key/mrk-{'0' * 32}"
    assert stage(encryption={"logs_key_arn": arn}).encryption.logs_key_arn == arn


@pytest.mark.parametrize("pin", [{"account": "12345"}, {"region": "Ireland"}])
def test_a_pin_that_is_no_account_or_region_is_refused(pin: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        stage(deploy=pin)
