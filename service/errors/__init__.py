"""What can go wrong with a request, in one tree that knows no transport.

ServiceError
├── InvalidRequest            the request breaks a rule; names the parameter
│   ├── UnknownParameter
│   ├── MissingParameter
│   ├── InvalidType
│   ├── UnsupportedParameter
│   ├── UnsupportedValue
│   ├── ModelNotFound
│   ├── ModelNotSupported
│   ├── ContextLengthExceeded
│   ├── RequestTooLarge
│   ├── UnsupportedMediaType
│   └── BodyTimeout
├── NotAuthenticated          no key, or one that is not known
│   ├── ExpiredApiKey
│   └── InvalidAccessToken
├── InsufficientScope         known, but not allowed
├── RateLimitExceeded         the caller has used up what its key may ask in a minute
├── Unavailable               a later try, or another task, can succeed
│   ├── QueueFull
│   ├── QueueTooLong
│   ├── QueueTimeout
│   ├── TooManyConnections
│   ├── EngineUnavailable
│   │   └── EngineAbsent
│   └── Draining
├── DeadlineExceeded
└── InternalError             our fault; the log has the details under the request id
"""

from __future__ import annotations

from service.errors.base import ServiceError
from service.errors.callers import (
    ExpiredApiKey,
    InsufficientScope,
    InvalidAccessToken,
    NotAuthenticated,
    RateLimitExceeded,
)
from service.errors.requests import (
    PLAIN_KINDS,
    BodyTimeout,
    ContextLengthExceeded,
    InvalidRequest,
    InvalidType,
    MissingParameter,
    ModelNotFound,
    ModelNotSupported,
    RequestTooLarge,
    UnknownParameter,
    UnsupportedMediaType,
    UnsupportedParameter,
    UnsupportedValue,
    Violation,
)
from service.errors.server import (
    ClientStalled,
    DeadlineExceeded,
    Draining,
    EngineAbsent,
    EngineUnavailable,
    InternalError,
    QueueFull,
    QueueTimeout,
    QueueTooLong,
    TooManyConnections,
    Unavailable,
)

__all__ = [
    "PLAIN_KINDS",
    "BodyTimeout",
    "ClientStalled",
    "ContextLengthExceeded",
    "DeadlineExceeded",
    "Draining",
    "EngineAbsent",
    "EngineUnavailable",
    "ExpiredApiKey",
    "InsufficientScope",
    "InternalError",
    "InvalidAccessToken",
    "InvalidRequest",
    "InvalidType",
    "MissingParameter",
    "ModelNotFound",
    "ModelNotSupported",
    "NotAuthenticated",
    "QueueFull",
    "QueueTimeout",
    "QueueTooLong",
    "RateLimitExceeded",
    "RequestTooLarge",
    "ServiceError",
    "TooManyConnections",
    "Unavailable",
    "UnknownParameter",
    "UnsupportedMediaType",
    "UnsupportedParameter",
    "UnsupportedValue",
    "Violation",
]
