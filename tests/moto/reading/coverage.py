"""Which resource types and properties the templates have, and which stages show them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sandbox.cloudformation.ignored import IGNORED
from tests.infra.assemblies import VARIANTS, Assembly

from . import READERS

Path_ = tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """Of all variants of stages."""

    assemblies: dict[str, Assembly]

    @classmethod
    def of(cls, synthesised: Callable[[str], Path]) -> Coverage:
        return cls({name: Assembly(synthesised(name)) for name in VARIANTS})

    @cached_property
    def paths(self) -> dict[str, set[Path_]]:
        """By variant: type, property, and the keys within it."""
        return {
            name: {
                (body["Type"], *path)
                for template in assembly.templates.values()
                for body in template["Resources"].values()
                for path in _paths(body.get("Properties", {}))
            }
            for name, assembly in self.assemblies.items()
        }

    @cached_property
    def types(self) -> set[str]:
        return {path[0] for paths in self.paths.values() for path in paths}

    @cached_property
    def properties(self) -> set[Path_]:
        return {path[:2] for paths in self.paths.values() for path in paths if len(path) > 1}

    def telling(self, of: Callable[[Path_], bool] = bool) -> list[str]:
        """Few variants that have among them all that any has: the next is that with most news."""
        left = {path for paths in self.paths.values() for path in paths if of(path)}
        chosen = []
        while left:
            best = max(self.paths, key=lambda name: len(self.paths[name] & left))
            chosen.append(best)
            left -= self.paths[best]
        return chosen

    def figures(self) -> str:
        unread = sum(len(READERS[kind].unread) for kind in self.types if kind in READERS)
        listed = sorted(self.types & set(IGNORED))
        return (
            f"{len(self.types)} resource types and {len(self.properties)} properties of them in "
            f"{len(self.assemblies)} variants of stages: {len(self.types) - len(listed)} types are "
            f"deployed and read back with all but {unread} of their properties, {len(listed)} are "
            f"on the list of {len(IGNORED)} ({', '.join(IGNORED)}); {len(self.telling())} variants "
            "show them all"
        )


def _paths(value: Any) -> Iterator[Path_]:
    yield ()
    if isinstance(value, dict):
        for key, item in value.items():
            for path in _paths(item):
                yield (key, *path)
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item)
