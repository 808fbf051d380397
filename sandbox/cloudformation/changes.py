"""What a changed resource needs, and what of a template is refused before it is tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError

from .ignored import IGNORED
from .native import REPLACED_BY
from .resource import ApiResource

Json = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A resource as it is, with the template node and the resolved properties that made it."""

    resource: Any
    node: Json
    resolved: Json


def reason_of(error: Exception) -> str:
    """The sentence for a stack's events."""
    if isinstance(error, ClientError):
        return str(error.response["Error"].get("Message", error))
    if isinstance(error, BotoCoreError | ValueError):
        return str(error)
    return str(getattr(error, "message", None) or f"{type(error).__name__}: {error}")


def retained(made: Made, policy: str, *, just_made: bool = False) -> bool:
    """Whether a policy keeps it; `just_made` is for the rollback of what made it."""
    kept = {"Retain"} if just_made else {"Retain", "RetainExceptOnCreate"}
    return made.node.get(policy) in kept


def needs_replacement(old: Json, new: Json) -> bool:
    if old["Type"] != new["Type"]:
        return True
    return bool(changed(old, new) & replacing(new["Type"]))


def replacing(kind: str) -> frozenset[str]:
    """The properties of a type whose change replaces the resource."""
    model = parsing.get_model_map().get(kind)
    return getattr(model, "replaced_by", None) or REPLACED_BY.get(kind, frozenset())


def changed(old: Json, new: Json) -> set[str]:
    """The properties that differ."""
    before, after = old.get("Properties", {}), new.get("Properties", {})
    return {key for key in before | after if before.get(key) != after.get(key)}


def refuse_named_replacement(old: Json, new: Json) -> None:
    """The new one would need the name that the old one still has: aws-cdk#4347."""
    model = parsing.get_model_map()[new["Type"]]
    name = getattr(model, "name_property", "")
    given = new.get("Properties", {}).get(name)
    alone = issubclass(model, ApiResource) and model.name_is_identity()
    if old["Type"] == new["Type"] and alone and given == old.get("Properties", {}).get(name, ""):
        raise ValidationError(
            message="CloudFormation cannot update a stack when a custom-named resource requires "
            f"replacing. Rename {given} and update the stack again."
        )


def refuse_unknown(name: str, kind: str) -> None:
    model = parsing.get_model_map().get(kind)
    ours = model is not None and issubclass(model, ApiResource)
    if not (ours or kind in REPLACED_BY or kind in IGNORED):
        raise ValidationError(
            message=f"{name}: the sandbox does not support resources of type {kind}; write a class "
            "for it in sandbox/cloudformation, or list it in ignored.py with the reason"
        )


def refuse_unresolved(name: str, value: Any) -> None:
    """moto logs a warning for an attribute that it lacks, and leaves the Fn::GetAtt in place."""
    if isinstance(value, dict):
        if "Fn::GetAtt" in value:
            attribute = ".".join(value["Fn::GetAtt"])
            raise ValidationError(message=f"{name}: the sandbox cannot resolve {attribute}")
        for item in value.values():
            refuse_unresolved(name, item)
    elif isinstance(value, list):
        for item in value:
            refuse_unresolved(name, item)
