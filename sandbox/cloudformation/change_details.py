"""Which properties of a resource a change set changes, and whether that replaces it.

`cdk diff` shows no difference with a reference in it of which the change set says nothing, and
moto's says nothing but the names of resources.
"""

from __future__ import annotations

from typing import Any

from moto.cloudformation import models

from .changes import Json, changed, replacing


def add_details(change_set: models.ChangeSet) -> None:
    """To each resource that is changed."""
    old: Json = change_set.stack.resource_map._resource_json_map
    new: Json = change_set.template_dict.get("Resources", {})
    for change in change_set.changes:
        if change.action == "Modify":
            name = change.logical_resource_id
            _add(change, old[name], new[name])


def _add(change: Any, old: Json, new: Json) -> None:
    """By the templates: what a reference comes to is not known before the deploy."""
    names = changed(old, new)
    always = names & replacing(new["Type"])
    change.replacement = "True" if always or old["Type"] != new["Type"] else "False"
    change.scope = ["Properties"]
    change.details = [
        {
            "Target": {
                "Attribute": "Properties",
                "Name": name,
                "RequiresRecreation": "Always" if name in always else "Never",
            },
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        }
        for name in sorted(names)
    ]
