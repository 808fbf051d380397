"""Application Auto Scaling: the tags of scalable targets."""

from __future__ import annotations

import json

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Response

from .patch import patch
from .tagger import tagger_of


def install() -> None:
    register = Response.register_scalable_target

    def register_scalable_target(self: Response) -> str:
        answer: str = register(self)
        _tag(self, json.loads(answer)["ScalableTargetARN"])
        return answer

    patch(
        Response,
        register_scalable_target=register_scalable_target,
        list_tags_for_resource=list_tags_for_resource,
        tag_resource=tag_resource,
        untag_resource=untag_resource,
    )


def list_tags_for_resource(self: Response) -> str:
    tagger = tagger_of(self.applicationautoscaling_backend)
    return json.dumps({"Tags": tagger.get_tag_dict_for_resource(self._get_param("ResourceARN"))})


def tag_resource(self: Response) -> str:
    _tag(self, self._get_param("ResourceARN"))
    return "{}"


def untag_resource(self: Response) -> str:
    tagger_of(self.applicationautoscaling_backend).untag_resource_using_names(
        self._get_param("ResourceARN"), self._get_param("TagKeys")
    )
    return "{}"


def _tag(response: Response, arn: str) -> None:
    tagger = tagger_of(response.applicationautoscaling_backend)
    tags = response._get_param("Tags") or {}
    tagger.tag_resource(arn, tagger.convert_dict_to_tags_input(tags))
