"""A template under one choice of its conditions: its resources, and what its references name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cfnlint.conditions import UnknownSatisfisfaction  # type: ignore[import-untyped]
from cfnlint.jsonschema import CfnTemplateValidator  # type: ignore[import-untyped]
from cfnlint.template import Template  # type: ignore[import-untyped]

from infra.reading.functions import MALFORMED, function_of, named
from infra.reading.node import ABSENT, UNKNOWN, Node, Place

if TYPE_CHECKING:
    from infra.reading.assembly import Assembly

NESTED: Final = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Resource:
    """A resource of a stack; the same one where two references name it."""

    stack: "Stack" = field(compare=False, repr=False)
    file: Path | None
    logical_id: str
    type: str

    def __getitem__(self, key: str) -> Node:
        return self.properties[key]

    @property
    def properties(self) -> Node:
        """What the template sets; its path is the place in the resource's own template."""
        body = self.stack.body(self.logical_id)
        path = ("Resources", self.logical_id, "Properties")
        return self.stack.follow(body.get("Properties", {}), path)


def file_of(template: Template) -> Path | None:
    """Where a template lies, if it was read from a file."""
    return Path(template.filename).resolve() if template.filename else None


class Stack:
    """One template, some of its conditions chosen; a value that depends on another is unknown."""

    def __init__(
        self,
        template: Template,
        assembly: "Assembly",
        *,
        choice: Mapping[str, bool] | None = None,
    ) -> None:
        self.template = template
        self.assembly = assembly
        self.file = file_of(template)
        self.choice = dict(choice or {})

    def body(self, logical_id: str) -> dict[str, Any]:
        """A resource as the template writes it."""
        found = self.template.template.get("Resources", {}).get(logical_id)
        return found if isinstance(found, dict) else {}

    def resources(self, *types: str) -> list[Resource]:
        """The resources of these types, but those that the choice leaves out."""
        listed = self.template.get_resources(list(types))
        return [found for name in listed if (found := self.resource(name)) is not None]

    def resource(self, logical_id: str) -> Resource | None:
        """The resource of this name, unless the choice leaves it out."""
        body = self.body(logical_id)
        kind, condition = body.get("Type"), body.get("Condition")
        if not isinstance(kind, str) or self.choice.get(str(condition), True) is False:
            return None
        return Resource(self, self.file, logical_id, kind)

    def everywhere(self, *types: str) -> list[Resource]:
        """The resources of these types here and in the stacks that are deployed with this one."""
        others = [stack.resources(*types) for stack in self.assembly.others]
        return [*self.resources(*types), *(found for each in others for found in each)]

    def is_shared(self, resource: Resource) -> bool:
        """Whether stacks that are not seen here may use a resource of this one.

        It is an output then, or given to a nested stack. Where other stacks are seen, all are.
        """
        if self.assembly.others:
            return False
        outputs = self.template.template.get("Outputs") or {}
        nested = self.template.get_resources(NESTED)
        places = [outputs, *(body.get("Properties", {}) for body in nested.values())]
        return any(resource.logical_id in named(place) for place in places)

    def before(self, resource: Resource) -> set[str]:
        """The logical ids of what CloudFormation makes before a resource, by cfn-lint's graph."""
        graph, waiting = self.template.graph.graph, [resource.logical_id]
        found: set[str] = set()
        while waiting:
            new = set(graph.successors(waiting.pop())) - found
            found |= new
            waiting += new
        return found

    def follow(self, raw: Any, path: Place) -> Node:
        """The value here: conditions chosen, and references to other stacks followed."""
        function, value = function_of(raw)
        if function == "Fn::If":
            return self._chosen(value, path)
        if function == "Ref" and value == "AWS::NoValue":
            return Node(self, ABSENT, path)
        if function == "Fn::Select":
            return self._selected(raw, value, path)
        source = self.assembly.source(self, function, value) if function else None
        return Node(source.stack, source.raw, path) if source else Node(self, raw, path)

    def _chosen(self, value: Any, path: Place) -> Node:
        condition, *branches = value
        status = self.choice.get(condition)
        if status is None:
            return Node(self, UNKNOWN, path)
        branch = 1 if status else 2
        return self.follow(branches[branch - 1], (*path, "Fn::If", branch))

    def _selected(self, raw: Any, value: Any, path: Place) -> Node:
        """One of a list of references, of which cfn-lint resolves none."""
        index = Node(self, value[0], path).number()
        items = self.follow(value[1], path).all_items()
        if index is None or not items or index >= len(items):
            return Node(self, raw, path)
        return Node(items[int(index)].stack, items[int(index)].raw, path)

    def resolve(self, raw: Any) -> Any:
        """What cfn-lint makes of a function; None where that is nothing or not one value only."""
        if function_of(raw)[0] == MALFORMED:
            return None
        results = islice(self._validator.resolve_value(self._settled(raw)), 2)
        values = [value for value, _, error in results if error is None]
        return values[0] if values and all(value == values[0] for value in values) else None

    def _settled(self, raw: Any) -> Any:
        """A value with each condition replaced by what is chosen."""
        function, value = function_of(raw)
        if function == "Fn::If" and value[0] in self.choice:
            return self._settled(value[1 if self.choice[value[0]] else 2])
        if isinstance(raw, dict):
            return {key: self._settled(item) for key, item in raw.items()}
        return [self._settled(item) for item in raw] if isinstance(raw, list) else raw

    @cached_property
    def _validator(self) -> Any:
        """cfn-lint's reader of functions, with the parameters that are known and no others.

        Conditions are settled before, not by it: its solver takes ten milliseconds each time.
        """
        context = self.template.context
        context = context.evolve(parameters={}, ref_values=dict(self._parameters()))
        return CfnTemplateValidator({}, context=context, cfn=self.template)

    def _parameters(self) -> Iterator[tuple[str, Any]]:
        """The parameters' values: what the assembly gives, else defaults that fit the choice."""
        if (own_name := self.assembly.name_of(self.file)) is not None:
            yield "AWS::StackName", own_name
        for name, parameter in self.template.context.parameters.items():
            given = self.assembly.given(self, name)
            if given is not None:
                if (value := given.value()) is not None:
                    yield name, value
                continue
            for value, _ in parameter.default_value():
                if self._fits(name, value):
                    yield name, value

    def _fits(self, parameter: str, value: Any) -> bool:
        """Whether the conditions can be as chosen while a parameter has this value."""
        try:
            return bool(self.template.conditions.satisfiable(self.choice, {parameter: value}))
        except UnknownSatisfisfaction:
            return False
