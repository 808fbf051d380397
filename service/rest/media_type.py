"""What a body says that it is: JSON in UTF-8 as it stands, or nothing, as many clients do."""

from __future__ import annotations

import re

from starlette.datastructures import Headers

from service.errors import UnsupportedMediaType
from service.errors.requests import QUOTED_CHARACTERS

JSON_TYPE = re.compile(r"application/(?:json|[^/\s]+\+json)", re.IGNORECASE)  # RFC 6839: +json
CHARSET = re.compile(r";\s*charset=\"?([^\";\s]*)", re.IGNORECASE)
CHARSETS = ("utf-8", "utf8", "us-ascii")
FORM = "application/x-www-form-urlencoded"  # what curl says of a body, if nobody says otherwise


def check_media_type(headers: Headers) -> None:
    """Raises UnsupportedMediaType. A body of another type is not ours to guess at: a form or a
    plain text is what a page of anybody may have a browser send, without asking first."""
    for sent in headers.getlist("content-type"):
        if sent:
            check_type(sent)
    encoding = ", ".join(headers.getlist("content-encoding")).strip().lower()
    if encoding not in ("", "identity"):
        raise UnsupportedMediaType(
            f"The body's Content-Encoding is {quoted(encoding)}; send it as it is, without one."
        )


def check_type(sent: str) -> None:
    if not JSON_TYPE.fullmatch(sent.partition(";")[0].strip()):
        hint = ", which curl sends unless told otherwise" if sent.lower() == FORM else ""
        raise UnsupportedMediaType(
            f"The body's Content-Type is {quoted(sent)}{hint}; send JSON, with the header "
            "`Content-Type: application/json`."
        )
    found = CHARSET.search(sent)
    charset = found[1] if found else CHARSETS[0]
    if charset.lower() not in CHARSETS:
        raise UnsupportedMediaType(
            f"The body's charset is {quoted(charset)}; send UTF-8, as JSON is."
        )


def quoted(sent: str) -> str:
    return repr(sent[:QUOTED_CHARACTERS])
