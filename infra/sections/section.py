"""What every section of a stage file is, and the types that several of them share."""

import ipaddress
from collections.abc import Iterator
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Problem(NamedTuple):
    """One thing wrong with a stage: the dotted path of a key; what is wrong and what to do."""

    path: str
    text: str


class Section(BaseModel):
    """Frozen; refuses unknown keys, and values of another type than the one it asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def problems(self) -> Iterator[Problem]:
        """The rules between this section's own values that it breaks; paths begin at its keys."""
        yield from ()


def _network(value: str) -> str:
    try:
        ipaddress.IPv4Network(value)
    except ValueError as error:
        raise PydanticCustomError(
            "setting",
            "is no IPv4 network ({reason}); write it like 10.0.0.0/16",
            {"reason": str(error)},
        ) from None
    return value


IPv4Cidr = Annotated[str, AfterValidator(_network)]
