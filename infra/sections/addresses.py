"""Addresses on the web, which somebody else has to be able to open."""

import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

# Without a user and a password: they would be in the template.
_HOST: Final = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:\d+)?")


def _opens(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        address = urlsplit(value)
        port = address.port
    except ValueError:  # brackets around what is no IPv6 address, or no port
        return False
    sound = _HOST.fullmatch(address.netloc) is not None and " " not in value
    return sound and port != 0 and address.scheme in schemes


def web_address(*schemes: str, like: str) -> AfterValidator:
    """Lets pass what has one of the schemes, and a host; `like` is what to write instead."""
    kind = " or ".join(scheme.upper() for scheme in schemes)

    def check(value: str) -> str:
        if not _opens(value, schemes):
            raise PydanticCustomError("setting", f"is no {kind} address; write it like {like}")
        return value

    return AfterValidator(check)


CollectorAddress = Annotated[
    str, web_address("http", "https", like="http://collector.example.internal:4318/v1/traces")
]
KeysAddress = Annotated[
    str,
    web_address(
        "https",
        like="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_example/.well-known/jwks.json",
    ),
]
