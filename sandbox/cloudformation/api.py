"""Calls AWS's APIs with CloudFormation's names, so that botocore checks every shape and enum."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import boto3
from botocore import xform_name
from botocore.client import BaseClient
from botocore.model import ListShape, MapShape, Shape, StructureShape

Properties = dict[str, Any]


class UnknownProperty(ValueError):
    """A property that the resource's API does not have: it must not be dropped silently."""


@lru_cache
def _client(service: str, region: str, endpoint: str | None) -> BaseClient:
    make_client: Any = boto3.client  # the stubs want a literal service name
    client: BaseClient = make_client(service, region_name=region, endpoint_url=endpoint)
    return client


def call(
    service: str, operation: str, parameters: Properties, *, region: str, loose: bool = False
) -> dict[str, Any]:
    """Call `operation`; `loose` leaves out top-level properties that its input does not have."""
    client = _client(service, region, os.environ.get("AWS_ENDPOINT_URL"))
    shape = client.meta.service_model.operation_model(operation).input_shape
    if not isinstance(shape, StructureShape):
        raise TypeError(f"{operation} takes no parameters")
    if loose:
        known = _members(shape)
        parameters = {key: item for key, item in parameters.items() if _plain(key) in known}
    arguments = convert(parameters, shape, path=operation)
    result: dict[str, Any] = getattr(client, xform_name(operation))(**arguments)
    return result


def convert(value: Any, shape: Shape, *, path: str) -> Any:
    """Rename `value`'s keys to those of `shape` (they differ in case only) and cast its scalars.

    CloudFormation takes numbers and booleans as strings too; the API does not.
    """
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return _convert_structure(value, shape, path)
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [convert(item, shape.member, path=path) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: convert(item, shape.value, path=path) for key, item in value.items()}
    if isinstance(shape, MapShape) and isinstance(value, list):  # tags, which some APIs map
        return {item["Key"]: item["Value"] for item in value}
    if isinstance(value, dict | list):
        return value
    return _convert_scalar(value, shape.type_name)


def _convert_structure(value: Properties, shape: StructureShape, path: str) -> Properties:
    members = _members(shape)
    result = {}
    for key, item in value.items():
        name = members.get(_plain(key))
        if name is None:
            raise UnknownProperty(f"{path} has no parameter {key}")
        result[name] = convert(item, shape.members[name], path=f"{path}.{key}")
    return result


def _members(shape: StructureShape) -> dict[str, str]:
    return {_plain(name): name for name in shape.members}


def _plain(name: str) -> str:
    return name.lower()


def _convert_scalar(value: Any, kind: str) -> Any:
    if kind in ("integer", "long") and isinstance(value, str):
        return int(value)
    if kind in ("float", "double") and isinstance(value, str):
        return float(value)
    if kind == "boolean" and isinstance(value, str):
        return value.lower() == "true"
    if kind == "string" and isinstance(value, bool):
        return str(value).lower()
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    return value
