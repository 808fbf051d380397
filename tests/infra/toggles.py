"""Each setting of a stage changed by itself, to what its field says is possible."""

from __future__ import annotations

import types
from collections.abc import Container, Iterator
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from infra.settings import StageSettings

# What a field does not say itself.
POSSIBLE: Final[dict[str, tuple[Any, ...]]] = {
    "alarms.emails": (("ann@example.org",), ("bob@example.org",)),
    "browser.cors_origins": (("*",),),
    "endpoint.allowed_networks": (("10.0.0.0/8",),),
    "governance.tags": ({"cost-centre": "1"},),
    "jwt.jwks_url": ("https://id.example.com/other-keys",),
    "model.name": ("another",),
    "monitoring.scrape_from": (("10.0.1.0/24",),),
    "monitoring.traces_endpoint": ("http://collector.example.internal:4318/v1/traces",),
    "network.cidr": ("10.1.0.0/16",),
    "network.private_hosts": (("service.example.com",),),
    "speculation.draft_tokens": (7,),
}


def toggled(
    settings: StageSettings, but: Container[str] = ()
) -> Iterator[tuple[str, StageSettings]]:
    """Path and stage, for each setting that can be changed alone, `but` for some; of several values
    the first."""
    values = settings.model_dump()
    for path, field, value in settings_of(settings):
        name = ".".join(path)
        if name in but:
            continue
        for other in (*POSSIBLE.get(name, ()), *_others(field, value)):
            changed = _changed(values, path, other)
            try:
                yield name, StageSettings.model_validate(changed)
            except ValidationError:
                continue
            break


def settings_of(model: BaseModel, *path: str) -> Iterator[tuple[tuple[str, ...], FieldInfo, Any]]:
    """Path, field and value of each setting but the stage's name: another name is another stage."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from settings_of(value, *path, name)
        elif (*path, name) != ("name",):
            yield (*path, name), field, value


def _others(field: FieldInfo, value: Any) -> Iterator[Any]:
    kinds = list(_kinds(field.annotation))
    for kind in kinds:
        if kind is bool:
            yield not value
        elif kind in (int, float) and value:
            yield from (value * 2, value + 1, value // 2, value - 1)
        elif get_origin(kind) is Literal:
            yield from (option for option in get_args(kind) if option != value)
    yield from (item for item in field.examples or () if item != value)
    if type(None) in kinds and value is not None:
        yield None


def _kinds(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from _kinds(part)
    else:
        yield annotation


def _changed(values: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    first, *rest = path
    return values | {first: _changed(values[first], tuple(rest), value) if rest else value}
