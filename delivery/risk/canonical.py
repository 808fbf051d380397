"""Templates without what every release changes, or what makes nothing, to compare and to keep."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from delivery.changes import LEFT_OUT

Template = Mapping[str, Any]

# Where a template names an asset by the hash of its content: images, code, nested templates.
NAMES_ASSETS: Final = frozenset({"Image", "ImageUri", "S3Key", "TemplateURL"})
_HASH: Final = re.compile(r"\b[0-9a-f]{64}\b")
PLACEHOLDER: Final = "hash-of-content"
# What stands first in a resource; the others follow by name.
_FIRST: Final = ("Type", "DeletionPolicy", "UpdateReplacePolicy")


def without_hashes(value: Any) -> Any:
    """The same with every asset's hash made equal: which image a release runs is no risk."""
    if isinstance(value, list):
        return [without_hashes(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: _blank(item) if key in NAMES_ASSETS else without_hashes(item)
        for key, item in value.items()
    }


def _blank(value: Any) -> Any:
    if isinstance(value, str):
        return _HASH.sub(PLACEHOLDER, value)
    if isinstance(value, list):
        return [_blank(item) for item in value]
    return (
        {key: _blank(item) for key, item in value.items()} if isinstance(value, Mapping) else value
    )


def canonical(template: Template) -> dict[str, Any]:
    """What is kept of a template: its resources without metadata, and its outputs' values."""
    resources = {
        key: _resource(body)
        for key, body in sorted(template.get("Resources", {}).items())
        if body["Type"] not in LEFT_OUT
    }
    outputs = {
        key: {name: output[name] for name in ("Export", "Value") if name in output}
        for key, output in sorted(template.get("Outputs", {}).items())
    }
    return {"Resources": resources} | ({"Outputs": outputs} if outputs else {})


def _resource(body: Mapping[str, Any]) -> dict[str, Any]:
    names = [*_FIRST, *sorted(body.keys() - {*_FIRST, "Metadata"})]
    return {name: without_hashes(body[name]) for name in names if name in body}
