"""What AWS, or the SDK before it, did not answer: each in words, with what to do about it."""

from typing import Any

import boto3
import pytest
from botocore import exceptions

from operations.account import SIGN_IN, Account, CouldNotAsk, NoAnswer, NoCredentials

OLD = "Signature expired: 20260701T115000Z is now earlier than 20260701T120000Z"


def asking(error: Exception) -> CouldNotAsk:
    """How a question to AWS ends that meets this error."""
    session = boto3.Session(region_name="us-east-1")

    def give(**_: Any) -> None:
        raise error

    session.events.register_first("before-call.ecs.ListClusters", give)
    with pytest.raises(CouldNotAsk) as caught:
        Account(session).ask("ecs", "ListClusters")
    return caught.value


def refused(code: str, message: str = "no", *, operation: str = "ListClusters") -> Exception:
    return exceptions.ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    "error",
    [
        exceptions.NoCredentialsError(),
        exceptions.ProfileNotFound(profile="other"),
        exceptions.ConfigParseError(path="config"),
        exceptions.CredentialRetrievalError(provider="process", error_msg="no"),
        exceptions.LoginRefreshRequired(),
        exceptions.UnauthorizedSSOTokenError(),
        exceptions.TokenRetrievalError(provider="sso", error_msg="no"),
        exceptions.MetadataRetrievalError(error_msg="no"),
        refused("ExpiredToken"),
        refused("InvalidClientTokenId"),
        refused("AccessDenied", operation="AssumeRoleWithWebIdentity"),
        refused("ForbiddenException", operation="GetRoleCredentials"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whoever_has_no_credentials_is_told_to_sign_in(error: Exception) -> None:
    wrong = asking(error)
    assert isinstance(wrong, NoCredentials)
    assert wrong.todo == SIGN_IN


@pytest.mark.parametrize(
    "code", ["SignatureDoesNotMatch", "InvalidSignatureException", "RequestExpired"]
)
def test_wrong_clock_is_not_taken_for_wrong_credentials(code: str) -> None:
    wrong = asking(refused(code, OLD))
    assert isinstance(wrong, NoCredentials)
    assert str(wrong) == f"this clock is not AWS's: {OLD}"
    assert wrong.todo == "set this machine's clock"


def test_missing_permission_is_named_and_is_no_matter_of_credentials() -> None:
    wrong = asking(refused("AccessDeniedException"))
    assert str(wrong) == "needs permission ecs:ListClusters"
    assert not isinstance(wrong, NoCredentials)


@pytest.mark.parametrize(
    "error",
    [
        exceptions.EndpointConnectionError(endpoint_url="https://ecs"),
        exceptions.ConnectTimeoutError(endpoint_url="https://ecs"),
        exceptions.ReadTimeoutError(endpoint_url="https://ecs"),
        exceptions.ProxyConnectionError(proxy_url="http://proxy"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_silence_is_told_from_a_refusal(error: Exception) -> None:
    assert isinstance(asking(error), NoAnswer)
    assert not isinstance(asking(refused("Throttling")), NoAnswer)
