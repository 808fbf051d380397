"""Events as a function URL sends them, in payload format 2.0.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

import base64
import json
from typing import Any


def url_event(
    path: str, body: object = None, *, method: str = "POST", encoded: bool = False
) -> dict[str, Any]:
    """What Lambda hands over for a signed request; `encoded` as for a binary content type."""
    text = "" if body is None else json.dumps(body)
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/lambda",
            "content-type": "application/json",
            "content-length": str(len(text)),
            "host": "abcdefghijklmnop.lambda-url.us-east-1.on.aws",
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdefghijklmnop",
            "authorizer": {"iam": {"userArn": "arn:aws:iam::123456789012:user/ann"}},
            "domainName": "abcdefghijklmnop.lambda-url.us-east-1.on.aws",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "requestId": "3f9e3b0a-0000-4000-8000-000000000000",
            "routeKey": "$default",
            "stage": "$default",
        },
        "body": base64.b64encode(text.encode()).decode() if encoded else text,
        "isBase64Encoded": encoded,
    }
