"""Lambda: where a function logs to, and how."""

from __future__ import annotations

from typing import Any

from moto.awslambda.models import LambdaFunction

from .patch import patch


def install() -> None:
    make, describe = LambdaFunction.__init__, LambdaFunction.get_configuration
    update = LambdaFunction.update_configuration

    def init(self: Any, *args: Any, **more: Any) -> None:
        make(self, *args, **more)
        spec = more.get("spec") or args[1]
        self.logging_config = spec.get("LoggingConfig")

    def update_configuration(self: Any, updates: dict[str, Any]) -> Any:
        self.logging_config = updates.get("LoggingConfig", self.logging_config)
        return update(self, updates)

    def get_configuration(self: Any, on_create: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = describe(self, on_create)
        return found | ({"LoggingConfig": self.logging_config} if self.logging_config else {})

    patch(
        LambdaFunction,
        __init__=init,
        update_configuration=update_configuration,
        get_configuration=get_configuration,
    )
