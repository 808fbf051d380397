"""Has moto find our resource types: all modules of them are imported here."""

from __future__ import annotations

from typing import Any, ClassVar

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.ecs.models import EC2ContainerServiceBackend  # noqa: F401 (moto's models before ours)

from . import (  # noqa: F401 (moto finds the subclasses of its base class)
    api_gateway,
    buckets,
    domain,
    ecs,
    firewall,
    functions,
    identity,
    load_balancing,
    network,
    scaling,
    storage,
    usage_plan,
    watching,
    web_firewall,
)
from .ignored import IGNORED
from .resource import ApiResource


def register() -> None:
    """Make moto look again, and take our classes where it has some too."""
    _register_ignored()
    for cached in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        cached.cache_clear()
    parsing.resource_name_property_from_type = name_property  # type: ignore[assignment]


def name_property(kind: str) -> str | None:
    """Ours where we have one: moto asks the first class of a type, and the last one is used."""
    found: str | None = parsing.get_name_type_map().get(kind)
    return found


_ignored_classes: list[type] = []


def _register_ignored() -> None:
    if not _ignored_classes:
        _ignored_classes.extend(_ignored_class(kind) for kind in IGNORED)


def _ignored_class(kind: str) -> type:
    class Ignored(ApiResource, CloudFormationModel):
        type_name: ClassVar[str] = kind

        takes_all: ClassVar[bool] = True

        def create(self) -> None:
            self.physical_resource_id = self.name

        def update(self, before: dict[str, Any]) -> None:
            """There is nothing to change."""

    return Ignored
