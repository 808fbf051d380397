"""API Gateway's access log: who asked when, for what, with which result; no header and no body."""

import json
from typing import Final, TypedDict

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from infra.retention import make_log_group
from infra.settings import StageSettings

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
FIELDS: Final = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "responseBytes": "$context.responseLength",
    "latencyMilliseconds": "$context.responseLatency",
    "integrationLatencyMilliseconds": "$context.integrationLatency",
    "error": "$context.error.message",
}


class AccessLogOptions(TypedDict, total=False):
    """What a stage of an API takes to write the log."""

    access_log_destination: apigateway.IAccessLogDestination
    access_log_format: apigateway.AccessLogFormat


def access_log_options(scope: Construct, *, settings: StageSettings) -> AccessLogOptions:
    """Nothing, unless the settings ask for the log."""
    if not settings.api_gateway.access_log:
        return {}
    group = make_log_group(scope, "Log", settings=settings)
    return {
        "access_log_destination": apigateway.LogGroupLogDestination(group),
        "access_log_format": apigateway.AccessLogFormat.custom(json.dumps(FIELDS)),
    }
