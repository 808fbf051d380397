"""What a response tells again of its request."""

from __future__ import annotations

from typing import Any, Self

from pydantic import ModelWrapValidatorHandler, PrivateAttr, model_validator

from service.generation import Json
from service.rest.strict import Strict


class Echoed(Strict):
    """Remembers how it was sent: the engine gets its schemas in another form."""

    _sent: Json = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _remember(cls, sent: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        made = read(sent)
        if isinstance(sent, dict):
            made._sent = sent
        return made

    def told(self) -> Json:
        """As it was sent, and what holds where nothing was."""
        return self.model_dump(by_alias=True) | self._sent
