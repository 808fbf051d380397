"""CloudWatch Logs: the key of a log group that is there already."""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult
from moto.logs.models import LogGroup
from moto.logs.responses import LogsResponse as Response

from .patch import patch


def install() -> None:
    patch(
        Response,
        associate_kms_key=lambda self: _set(self, self._get_param("kmsKeyId")),
        disassociate_kms_key=lambda self: _set(self, None),
    )


def _set(response: Response, key: str | None) -> ActionResult:
    group: LogGroup = response.logs_backend.groups[response._get_param("logGroupName")]
    group.kms_key_id = key
    return EmptyResult()
