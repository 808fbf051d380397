"""What every section of a stage file is, and the types that several of them share."""

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError


class Problem(NamedTuple):
    """One thing wrong with a stage: the dotted path of a key; what is wrong and what to do."""

    path: str
    text: str


def as_key(text: str) -> str:
    """A key as TOML has it: in quotes where there are other signs than those of a plain one."""
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else json.dumps(text)


def shown(value: object) -> str:
    """A value as a person has written it; of a section, that it is one."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, tuple):
        return repr(list(value))
    return "a section" if isinstance(value, dict) else repr(value)


class Section(BaseModel):
    """Frozen; refuses unknown keys, and values of another type than the one it asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def problems(self) -> Iterator[Problem]:
        """The rules between this section's own values that it breaks; paths begin at its keys."""
        yield from ()

    def changed(self, *keys: str) -> Iterator[tuple[str, str]]:
        """Those of these settings that are not at their defaults, and their values as written."""
        for key in keys:
            value = getattr(self, key)
            if value != type(self).model_fields[key].default:
                yield key, shown(value)

    @field_validator("*")
    @classmethod
    def _can_be_read(cls, value: Any) -> Any:
        """Templates cannot hold all signs that nobody sees, and a person means none of them."""
        if any(not text.isprintable() for text in _texts(value)):
            raise PydanticCustomError(
                "setting", "has a sign that cannot be seen; write it without that"
            )
        return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.items():
            yield from _texts(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)


def section_in(annotation: Any) -> type[BaseModel] | None:
    """The section that a field is, or of which it holds several by name; None for a value."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def fields(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """All fields of a section and of those in it, by their dotted paths.

    In a path `NAME` stands for what a person calls a section of which there may be several.
    """
    for name, field in model.model_fields.items():
        yield f"{path}{name}", field
        if section := section_in(field.annotation):
            by_name = ".NAME" if get_origin(field.annotation) is dict else ""
            yield from fields(section, f"{path}{name}{by_name}.")


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
