"""The stacks that are deployed together: what one exports another imports.

The CDK writes a cloud assembly: a folder of templates and the `manifest.json` that lists them. A
nested stack's template is named by its parent, by the CDK's metadata or a path in `TemplateURL`.
"""

import json
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

from cfnlint.decode import decode  # type: ignore[import-untyped]
from cfnlint.template import Template  # type: ignore[import-untyped]

from infra.reading.functions import reference
from infra.reading.node import Node
from infra.reading.stack import NESTED, Resource, Stack, file_of

STACK_ARTIFACT: Final = "aws:cloudformation:stack"


class Assembly:
    """A template, and the stacks around it; around a template alone there are none."""

    def __init__(self, own: Template) -> None:
        self.own = own
        self.file = file_of(own)
        self._entries = dict(_manifest(own))

    @cached_property
    def others(self) -> list[Stack]:
        """The other stacks, none of their conditions chosen."""
        found: dict[Path, Stack] = {}
        waiting = [*self._entries, *_children(self.own)]
        while waiting:
            file = waiting.pop()
            template = None if file in found or file == self.file else _load(file)
            if template is not None:
                found[file] = Stack(template, self)
                waiting += _children(template)
        return list(found.values())

    def name_of(self, file: Path | None) -> str | None:
        """What CloudFormation calls the stack of a template."""
        name = self._entries.get(file, {}).get("stackName") if file else None
        return None if name is None else str(name)

    @cached_property
    def _stacks(self) -> list[Stack]:
        return [*self.others, Stack(self.own, self)]

    @cached_property
    def _exports(self) -> dict[str, Node]:
        return {
            name: output["Value"]
            for stack in self._stacks
            for output in _outputs(stack)
            if (name := output["Export"]["Name"].text()) is not None
        }

    def source(self, stack: Stack, function: str, value: Any) -> Node | None:
        """Where a value of another stack comes from, if it is one and that stack is here."""
        if function == "Fn::ImportValue":
            name = stack.follow(value, ()).text()
            return None if name is None else self._exports.get(name)
        if function == "Ref":
            return self.given(stack, value)
        if function == "Fn::GetAtt":
            return self._output(stack, value)
        return None

    def given(self, stack: Stack, parameter: str) -> Node | None:
        """What whoever deploys a stack gives it as a parameter."""
        if stack.file is None or parameter not in stack.template.context.parameters:
            return None
        if (nested := self._nested.get(stack.file)) is not None:
            found = nested["Parameters"][parameter]
            return found if found.exists else None
        values = self._entries.get(stack.file, {}).get("parameters", {})
        return Node(stack, values[parameter], ()) if parameter in values else None

    @cached_property
    def _nested(self) -> dict[Path, Resource]:
        """The resource that deploys a nested stack, by the file of its template."""
        return {
            child: resource
            for stack in self._stacks
            for resource in stack.resources(NESTED)
            if (child := _child(stack.template, resource.logical_id)) is not None
        }

    def _output(self, stack: Stack, value: Any) -> Node | None:
        path = reference(value).split(".")
        child = _child(stack.template, path[0]) if path[1:2] == ["Outputs"] else None
        for other in self._stacks:
            if child is not None and other.file == child:
                outputs = other.follow(other.template.template.get("Outputs", {}), ())
                return outputs[path[2]]["Value"]
        return None


def _outputs(stack: Stack) -> list[Node]:
    outputs = stack.template.template.get("Outputs")
    names = outputs if isinstance(outputs, dict) else {}
    return [stack.follow(outputs[name], ("Outputs", name)) for name in names]


def _manifest(template: Template) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The properties of each stack of the manifest beside a template, if that one is in it."""
    own = file_of(template)
    file = own.with_name("manifest.json") if own else None
    if file is None or not file.is_file():
        return
    artifacts = json.loads(file.read_text(encoding="utf-8")).get("artifacts", {})
    for key, artifact in artifacts.items():
        if artifact.get("type") == STACK_ARTIFACT:
            properties = {"stackName": key, **artifact["properties"]}
            yield file.with_name(properties["templateFile"]), properties


def _children(template: Template) -> list[Path]:
    nested = template.get_resources(NESTED)
    return [child for name in nested if (child := _child(template, name)) is not None]


def _child(template: Template, logical_id: str) -> Path | None:
    """The file of a nested stack's template, where it can be had here."""
    own = file_of(template)
    body = template.get_resources(NESTED).get(logical_id, {})
    asset = body.get("Metadata", {}).get("aws:asset:path")
    name = asset or body.get("Properties", {}).get("TemplateURL")
    if own is None or not isinstance(name, str) or "://" in name:
        return None
    file = (own.parent / name).resolve()
    return file if file.is_file() else None


def _load(file: Path) -> Template | None:
    return _load_version(file, file.stat().st_mtime_ns) if file.is_file() else None


@lru_cache(maxsize=64)
def _load_version(file: Path, version: int) -> Template | None:
    content, problems = decode(str(file))
    return None if problems or content is None else Template(str(file), content)
