"""The AWS account of whoever runs this: every question to it, with time limits and plain words."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidConfigError,
    LoginError,
    MetadataRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
    UnknownCredentialError,
)

# One call takes at most 2 x (5 + 10) s: an unreachable AWS must not look like a hanging program.
TIME_LIMITS: Final = Config(
    connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2, "mode": "standard"}
)
# For a program that asks again and again, beside others that do: what AWS throttles is tried anew,
# after up to 1, 2, 4 and 8 s.
# https://docs.aws.amazon.com/boto3/latest/guide/retries.html
PATIENT: Final = Config(
    connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 5, "mode": "standard"}
)
# Characters of an error's text: a proxy or a fault may answer with a page.
SHOWN: Final = 160
# Where IAM's name of a service is not the SDK's.
PREFIXES: Final = {"elbv2": "elasticloadbalancing", "service-quotas": "servicequotas"}
# How botocore says that there are none, in each of the ways of having them.
NO_CREDENTIALS: Final = (
    ConfigParseError,
    CredentialRetrievalError,
    InvalidConfigError,
    MetadataRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    RefreshWithMFAUnsupportedError,
    UnknownCredentialError,
)
SIGNED_OUT: Final = (LoginError, SSOError, TokenRetrievalError)
# What botocore asks by itself to have credentials: refused, they are none.
TAKES_ROLE: Final = ("AssumeRole", "GetRoleCredentials")
SIGN_IN: Final = "sign in again (aws sso login, or aws login), or set AWS_PROFILE"
# AWS takes a signature that is less than five minutes old by its own clock, and its message has
# both times. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
OTHER_CLOCK: Final = ("Signature expired", "Signature not yet current", "RequestTimeTooSkewed")
# https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
STALE: Final = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
UNKNOWN_KEYS: Final = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "AuthFailure",
}


class CouldNotAsk(Exception):
    """AWS gave no answer that says anything about the stage; the message says why."""


class NoAnswer(CouldNotAsk):
    """Nothing came back in time: the next question is as likely to wait in vain."""


class NoCredentials(CouldNotAsk):
    """There are no credentials, or AWS does not take them; `todo` says what to do."""

    def __init__(self, found: str, todo: str = SIGN_IN) -> None:
        super().__init__(found)
        self.todo = todo


class Account:
    """Asks AWS one question at a time."""

    def __init__(self, session: boto3.Session, config: Config = TIME_LIMITS) -> None:
        self._session = session
        self._config = config
        self._clients: dict[str, Any] = {}

    @property
    def region(self) -> str | None:
        """The region that the environment or the profile names."""
        return self._session.region_name

    @property
    def is_aws(self) -> bool:
        """Whether questions go to AWS, and not to what AWS_ENDPOINT_URL names in its place."""
        host = urlsplit(self._client("sts").meta.endpoint_url).hostname or ""
        return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))

    def ask(
        self, service: str, operation: str, /, *, absent: tuple[str, ...] = (), **parameters: Any
    ) -> dict[str, Any] | None:
        """The answer; None where AWS answers with an error code of `absent`.

        Raises `CouldNotAsk`, which names the permission that is missing.
        """

        def question() -> dict[str, Any]:
            client = self._client(service)
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
            return answer

        return _asked(question, service=service, absent=absent)

    def ask_all(
        self,
        service: str,
        operation: str,
        key: str,
        /,
        *,
        absent: tuple[str, ...] = (),
        **parameters: Any,
    ) -> list[Any]:
        """What all pages of the answer have under `key`; nothing where there is no such thing."""

        def question() -> dict[str, Any]:
            paginator = self._client(service).get_paginator(xform_name(operation))
            pages: dict[str, Any] = paginator.paginate(**parameters).build_full_result()
            return pages

        pages = _asked(question, service=service, absent=absent) or {}
        return list(pages.get(key, ()))

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            made = self._session.client(service, config=self._config)  # type: ignore[call-overload]
            self._clients[service] = made
        return self._clients[service]


def _asked(
    question: Callable[[], dict[str, Any]], *, service: str, absent: tuple[str, ...]
) -> dict[str, Any] | None:
    """The answer, None, or `CouldNotAsk`."""
    try:
        return question()
    except ClientError as error:
        if error.response["Error"]["Code"] in absent:
            return None
        raise _refusal(error, service=service) from error
    except NO_CREDENTIALS as error:
        raise NoCredentials(f"no credentials: {error}") from error
    except SIGNED_OUT as error:
        raise NoCredentials(f"the sign-in has expired: {error}") from error
    except (ConnectionError, HTTPClientError) as error:
        raise NoAnswer(f"{service} did not answer: {error}") from error
    except BotoCoreError as error:
        raise CouldNotAsk(f"{service} did not answer: {error}") from error


def _refusal(error: ClientError, *, service: str) -> CouldNotAsk:
    code = error.response["Error"]["Code"]
    message = " ".join(error.response["Error"].get("Message", "").split())[:SHOWN]
    if any(sign in f"{code}: {message}" for sign in OTHER_CLOCK):
        return NoCredentials(f"this clock is not AWS's: {message}", "set this machine's clock")
    if error.operation_name.startswith(TAKES_ROLE):
        return NoCredentials(f"the role cannot be taken ({code}): {message}")
    if code in STALE:
        return NoCredentials(f"the credentials have expired ({code})")
    if code in UNKNOWN_KEYS:
        return NoCredentials(f"AWS does not know these credentials ({code})")
    if "AccessDenied" in code or code == "UnauthorizedOperation":
        permission = f"{PREFIXES.get(service, service)}:{error.operation_name}"
        return CouldNotAsk(f"needs permission {permission}")
    return CouldNotAsk(f"{service} answered {code}: {message}")


def open_account(config: Config = TIME_LIMITS) -> Account:
    """The account of the environment's credentials. Raises `NoCredentials`."""
    try:
        return Account(boto3.Session(), config)
    except NO_CREDENTIALS as error:
        raise NoCredentials(f"no credentials: {error}") from error
