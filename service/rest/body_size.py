"""How much a body may hold besides text: all of it is read on the loop that all requests share."""

from __future__ import annotations

import re
from typing import Final

from service.errors import InvalidRequest

# Of a megabyte that is nothing else, 350,000 lists or 110,000 fields held the loop for 0.4 s, and
# so many for less than 0.1 s (measured). A chat of 4,096 turns in parts has 12,300 and 16,400.
STRUCTURES_AT_MOST: Final = 16_384
FIELDS_AT_MOST: Final = 32_768

# One that does not end goes to the end: searched for its end from each quote in it, a megabyte
# would take an hour.
STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


def check_size(body: bytes) -> None:
    """Raises InvalidRequest where the JSON has more objects and lists, or fields, than that."""
    # Texts may have such characters too, and are left out where these seem to be many.
    if is_large(body) and is_large(STRING.sub(b"", body)):
        raise InvalidRequest(
            f"The body has more than {STRUCTURES_AT_MOST} objects and lists, or {FIELDS_AT_MOST} "
            "fields in them; send fewer turns, parts or items."
        )


def is_large(json: bytes) -> bool:
    structures = json.count(b"[") + json.count(b"{")
    return structures > STRUCTURES_AT_MOST or json.count(b":") > FIELDS_AT_MOST
