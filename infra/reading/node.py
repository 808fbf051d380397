"""A value in a template, as far as it can be known before the deploy."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from infra.reading.functions import SUBSTITUTION, function_of, reference

if TYPE_CHECKING:
    from infra.reading.stack import Resource, Stack

Place = tuple[str | int, ...]


class Missing(enum.Enum):
    """What stands where no value is."""

    ABSENT = "the template does not say it"
    UNKNOWN = "only the deploy will know it"


ABSENT: Final = Missing.ABSENT
UNKNOWN: Final = Missing.UNKNOWN


@dataclass(frozen=True)
class Node:
    """A value and its place. Whoever reads it gets None where it is unknown, never a guess.

    `path` is the place in the template in which the reading began, also where the value came from
    another stack, whose names `raw` then speaks.
    """

    stack: "Stack"
    raw: Any
    path: Place

    def __getitem__(self, key: str) -> "Node":
        path = (*self.path, key)
        if self.raw is ABSENT:
            return Node(self.stack, ABSENT, path)
        if isinstance(self.raw, dict) and not self._is_function:
            return self.stack.follow(self.raw.get(key, ABSENT), path)
        return Node(self.stack, UNKNOWN, path)

    @property
    def _is_function(self) -> bool:
        return function_of(self.raw)[0] is not None

    @property
    def exists(self) -> bool:
        """Whether the template says something here."""
        return self.raw is not ABSENT

    @property
    def unknown(self) -> bool:
        """Whether it says something of which neither the value nor the resource can be known."""
        if self.raw is UNKNOWN:
            return True
        return self._is_function and self.value() is None and self.resource() is None

    def value(self) -> Any:
        """The text, number, flag or list; None where there is none, or none that is known."""
        if isinstance(self.raw, Missing):
            return None
        return self.stack.resolve(self.raw) if self._is_function else self.raw

    def text(self, *, absent: str | None = None) -> str | None:
        """The value as text; `absent` where the template says nothing."""
        if not self.exists:
            return absent
        value = self.value()
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, (str, int, float)) else None

    def number(self, *, absent: float | None = None) -> float | None:
        """The value as a number, which CloudFormation also reads from a text."""
        if not self.exists:
            return absent
        try:
            return float(self.text() or "")
        except ValueError:
            return None

    def flag(self, *, absent: bool | None = None) -> bool | None:
        """The value as true or false."""
        if not self.exists:
            return absent
        return {"true": True, "false": False}.get((self.text() or "").lower())

    def items(self) -> list["Node"]:
        """The elements of a list, the unknown ones too; none where the list itself is unknown.

        CloudFormation takes a single element for a list of it.
        """
        value = self.value()
        if isinstance(value, list):
            nodes = [self.stack.follow(item, (*self.path, at)) for at, item in enumerate(value)]
            return [node for node in nodes if node.exists]
        return [] if value is None else [self]

    def all_items(self) -> list["Node"] | None:
        """The elements of a list that is known whole; None where something in it is unknown."""
        items = self.items()
        whole = not self.exists or self.value() is not None
        return items if whole and not any(item.unknown for item in items) else None

    def keys(self) -> list[str]:
        """The keys of a mapping."""
        return list(self.raw) if isinstance(self.raw, dict) and not self._is_function else []

    def resource(self, kind: str | None = None) -> "Resource | None":
        """The resource that a Ref, GetAtt or a Sub of nothing else names; none of another type."""
        name = self._named()
        found = None if name is None else self.stack.resource(name.partition(".")[0])
        return found if found is not None and kind in (None, found.type) else None

    @property
    def attribute(self) -> str | None:
        """What of the resource is named: None for a Ref, else an attribute as of GetAtt."""
        return (self._named() or "").partition(".")[2] or None

    def _named(self) -> str | None:
        function, value = function_of(self.raw)
        if function in ("Ref", "Fn::GetAtt"):
            return reference(value)
        if function == "Fn::Sub" and isinstance(value, str):
            match = SUBSTITUTION.fullmatch(value)
            return match[1] if match else None
        return None

    def parts(self) -> list["str | Node"]:
        """A text that was put together, by Sub or Join: what is known of it as text."""
        known = self.text()
        if known is not None:
            return [known]
        function, value = function_of(self.raw)
        if function == "Fn::Join" and isinstance(value[1], list):
            return list(self._joined(*value))
        if function == "Fn::Sub" and self._named() is None:
            return list(self._substituted(value))
        return [self]

    def _joined(self, delimiter: str, items: list[Any]) -> Iterator["str | Node"]:
        for at, item in enumerate(items):
            if at and delimiter:
                yield delimiter
            yield from self.stack.follow(item, self.path).parts()

    def _substituted(self, value: Any) -> Iterator["str | Node"]:
        template, names = value if isinstance(value, list) else (value, {})
        for at, piece in enumerate(SUBSTITUTION.split(template)):
            if at % 2:
                function = "Fn::GetAtt" if "." in piece else "Ref"
                yield from self.stack.follow(names.get(piece, {function: piece}), self.path).parts()
            elif piece:
                yield piece

    def mentions(self) -> list["Resource"]:
        """The resources that the value is made of."""
        nodes = [part for part in self.parts() if isinstance(part, Node)]
        return [found for node in nodes if (found := node.resource()) is not None]
