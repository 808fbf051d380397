"""API Gateway: the newer properties of an API and of an integration."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.apigateway.models import Integration, RestAPI
from moto.apigateway.responses import APIGatewayResponse as Response

from .patch import patch

API = ("endpointAccessMode", "securityPolicy")
INTEGRATION = ("connectionId", "integrationTarget", "responseTransferMode")


def install() -> None:
    create, put = Response.create_rest_api, Response.put_integration
    api_as_dict, integration_as_dict = RestAPI.to_dict, Integration.to_json
    apply = RestAPI.apply_patch_operations

    def create_rest_api(self: Response) -> Any:
        answer = create(self)
        if answer[0] == 200:
            newest: Any = self.backend.list_apis()[-1]
            newest.more = _given(self, API)
        return answer

    def put_integration(self: Response) -> Any:
        answer = put(self)
        _, _, api, _, resource, _, method, *_ = self.path.split("/")
        made: Any = self.backend.get_integration(api, resource, method)
        made.more = _given(self, INTEGRATION)
        return answer

    def apply_patch_operations(self: Any, patch_operations: list[dict[str, Any]]) -> None:
        for item in patch_operations:
            if item["path"].strip("/") in API:
                self.more = {**self.more, item["path"].strip("/"): item["value"]}
        apply(self, patch_operations)

    patch(
        RestAPI,
        more={},
        to_dict=lambda self: {**api_as_dict(self), **self.more},
        apply_patch_operations=apply_patch_operations,
    )
    patch(Integration, more={}, to_json=lambda self: {**integration_as_dict(self), **self.more})
    patch(Response, create_rest_api=create_rest_api, put_integration=put_integration)
    patch(Response, get_tags=get_tags, tag_resource=tag_resource, untag_resource=untag_resource)


def _given(response: Any, names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: response._get_param(name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


# moto finds the tags of stages only.


def get_tags(self: Response) -> str:
    return json.dumps({"tags": _tagged(self).tags or {}})


def tag_resource(self: Response) -> str:
    found = _tagged(self)
    found.tags = {**(found.tags or {}), **(self._get_param("tags") or {})}
    return "{}"


def untag_resource(self: Response) -> str:
    found, gone = _tagged(self), self.querystring.get("tagKeys") or []
    found.tags = {key: value for key, value in (found.tags or {}).items() if key not in gone}
    return "{}"


def _tagged(response: Response) -> Any:
    """The API, stage, key or plan that the ARN in the path names."""
    arn = unquote(response.path.partition("/tags/")[2])
    kind, identity, *rest = arn.partition("::/")[2].split("/")
    if kind == "apikeys":
        return response.backend.get_api_key(identity)
    if kind == "usageplans":
        return response.backend.get_usage_plan(identity)
    if rest:
        return response.backend.get_stage(identity, rest[1])
    return response.backend.get_rest_api(identity)
