"""Application Auto Scaling: the tags of scalable targets."""

from __future__ import annotations

import json

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend as Backend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Response

from .patch import patch


def install() -> None:
    register = Response.register_scalable_target

    def register_scalable_target(self: Response) -> str:
        answer: str = register(self)
        tags = self._get_param("Tags")
        if tags is not None:
            _tags(self)[json.loads(answer)["ScalableTargetARN"]] = dict(tags)
        return answer

    patch(
        Response,
        register_scalable_target=register_scalable_target,
        list_tags_for_resource=list_tags_for_resource,
        tag_resource=tag_resource,
        untag_resource=untag_resource,
    )


def list_tags_for_resource(self: Response) -> str:
    return json.dumps({"Tags": _tags(self).get(self._get_param("ResourceARN"), {})})


def tag_resource(self: Response) -> str:
    _tags(self).setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags"))
    return "{}"


def untag_resource(self: Response) -> str:
    tags = _tags(self).get(self._get_param("ResourceARN"), {})
    for key in self._get_param("TagKeys"):
        tags.pop(key, None)
    return "{}"


def _tags(response: Response) -> dict[str, dict[str, str]]:
    backend: Backend = response.applicationautoscaling_backend
    found: dict[str, dict[str, str]] = backend.__dict__.setdefault("sandbox_tags", {})
    return found
