"""The AWS account of whoever runs this: every question to it, with time limits and plain words."""

from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

# One call takes at most 2 x (5 + 10) s: an unreachable AWS must not look like a hanging program.
TIME_LIMITS: Final = Config(
    connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2, "mode": "standard"}
)
# Characters of an error's text: a proxy or a fault may answer with a page.
SHOWN: Final = 160
# Where IAM's name of a service is not the SDK's.
PREFIXES: Final = {"elbv2": "elasticloadbalancing", "service-quotas": "servicequotas"}
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


class NoCredentials(CouldNotAsk):
    """There are no credentials, or AWS does not take them."""


class Account:
    """Asks AWS one question at a time."""

    def __init__(self, session: boto3.Session) -> None:
        self._session = session

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
        self, service: str, operation: str, *, absent: tuple[str, ...] = (), **parameters: Any
    ) -> dict[str, Any] | None:
        """The answer; None where AWS answers with an error code of `absent`.

        Raises `CouldNotAsk`, which names the permission that is missing.
        """
        try:
            client = self._client(service)
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] in absent:
                return None
            raise _refusal(error, service=service) from error
        except (NoCredentialsError, PartialCredentialsError, ProfileNotFound) as error:
            raise NoCredentials(f"no credentials: {error}") from error
        except (SSOError, TokenRetrievalError) as error:
            raise NoCredentials(f"the sign-in has expired: {error}") from error
        except BotoCoreError as error:
            raise CouldNotAsk(f"{service} did not answer: {error}") from error
        return answer

    def _client(self, service: str) -> Any:
        return self._session.client(service, config=TIME_LIMITS)  # type: ignore[call-overload]


def _refusal(error: ClientError, *, service: str) -> CouldNotAsk:
    code = error.response["Error"]["Code"]
    message = error.response["Error"].get("Message", "")
    if code in STALE:
        return NoCredentials(f"the credentials have expired ({code})")
    if code in UNKNOWN_KEYS:
        return NoCredentials(f"AWS does not know these credentials ({code})")
    if "AccessDenied" in code or code == "UnauthorizedOperation":
        permission = f"{PREFIXES.get(service, service)}:{error.operation_name}"
        return CouldNotAsk(f"needs permission {permission}")
    return CouldNotAsk(f"{service} answered {code}: {' '.join(message.split())[:SHOWN]}")


def open_account() -> Account:
    """The account of the environment's credentials. Raises `NoCredentials`."""
    try:
        return Account(boto3.Session())
    except ProfileNotFound as error:
        raise NoCredentials(f"no credentials: {error}") from error
