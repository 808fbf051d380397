"""Takes resources that are there already, by their names, into a stack.

docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html,
ImportExistingResources: "can only import resources that have custom names in templates". They stay
as they are, whatever the template says.
"""

from __future__ import annotations

from typing import Any

from moto.cloudformation import parsing

from .resource import ApiResource


def import_existing(name: str, resolved: dict[str, Any], resources: Any) -> ApiResource | None:
    """The resource with the template's name for it, if it is there."""
    model = parsing.get_model_map()[resolved["Type"]]
    properties = resolved.get("Properties", {})
    if not issubclass(model, ApiResource) or model.name_property not in properties:
        return None
    found = model(
        properties[model.name_property],
        properties,
        account=resources._account_id,
        region=resources._region_name,
    )
    if not found.find():
        return None
    found.cf_resource_type, found.logical_resource_id = resolved["Type"], name
    found.take(*properties)
    return found
