"""Which choices of a template's conditions are looked at."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import Any, Final

from cfnlint.conditions import UnknownSatisfisfaction  # type: ignore[import-untyped]
from cfnlint.context import Unsatisfiable  # type: ignore[import-untyped]
from cfnlint.template import Template  # type: ignore[import-untyped]

from infra.reading.assembly import Assembly
from infra.reading.stack import Stack

# So many conditions vary at a time, the others as the parameters' defaults make them. A finding is
# of something that can be deployed; of many conditions not each combination is looked at.
TOGETHER: Final = 4


@lru_cache(maxsize=8)
def views(template: Template) -> tuple[Stack, ...]:
    """The template under each choice, in its assembly; made once for all rules."""
    assembly = Assembly(template)
    return tuple(Stack(template, assembly, choice=choice) for choice in choices(template))


def choices(template: Template) -> list[dict[str, bool]]:
    """Values of the conditions that the resources depend on; one empty choice where none do."""
    conditions = template.context.conditions.conditions
    names = sorted(set(_used(template.template.get("Resources", {}))) & set(conditions))
    usual = {name: _usual(template, name) for name in names}
    found = [usual] if _possible(template, usual) else []
    for start in range(0, len(names), TOGETHER):
        group = names[start : start + TOGETHER]
        for values in product((True, False), repeat=len(group)):
            choice = usual | dict(zip(group, values, strict=True))
            if choice not in found and _possible(template, choice):
                found.append(choice)
    return found or [{}]


def _used(raw: Any) -> Iterator[str]:
    """The names of conditions, in Fn::If and at resources."""
    if isinstance(raw, list):
        for item in raw:
            yield from _used(item)
    if isinstance(raw, dict):
        for key, item in raw.items():
            if key == "Fn::If" and isinstance(item, list):
                yield str(item[0])
            if key == "Condition" and isinstance(item, str):
                yield item
            yield from _used(item)


def _usual(template: Template, name: str) -> bool:
    """The condition under the parameters' defaults; true where those do not decide it."""
    defaults = {
        key: value
        for key, parameter in template.context.parameters.items()
        for value, _ in parameter.default_value()
    }
    try:
        return bool(template.conditions.satisfiable({name: True}, defaults))
    except UnknownSatisfisfaction:
        return True


def _possible(template: Template, choice: dict[str, bool]) -> bool:
    """Whether the conditions can be so together, for either of cfn-lint's two solvers."""
    if not any(
        template.conditions.build_scenarios({name: {is_so} for name, is_so in choice.items()})
    ):
        return not choice
    try:
        template.context.conditions.evolve(choice)
    except Unsatisfiable:
        return False
    return True
