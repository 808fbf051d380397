"""Ends a call that goes wrong: with a status, a message and details."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from google.protobuf.message import Message

from service.errors import ClientStalled, InternalError, ServiceError
from service.logs import REQUEST_ID, TRACE, choose_id, request_id
from service.rpc.calls import Call, Context, end_if_left
from service.rpc.statuses import STATUSES, trailing_metadata

log = logging.getLogger("service.rpc")


@asynccontextmanager
async def errors_as_statuses(call: Call[Message]) -> AsyncIterator[None]:
    """What is done in the context belongs to the request that the call's id names."""
    context = call.context
    current = choose_id(call.sent(REQUEST_ID), trace=call.sent(TRACE))
    request_id.set(current)
    context.set_trailing_metadata(((REQUEST_ID, current),))
    try:
        yield
    except ServiceError as error:
        await abort(context, error)
    except ClientStalled as stalled:  # the status waits with the rest for its reader
        await context.abort(grpc.StatusCode.CANCELLED, str(stalled))
    except grpc.aio.AbortError:
        raise
    except Exception as error:  # at the edge: the log has it, and the client an id
        if context.cancelled():
            raise  # a write to a client that has left
        log.error("request failed", exc_info=error)
        await abort(context, InternalError())


async def abort(context: Context, error: ServiceError) -> None:
    """Ends the call; by a cancellation, where its client has left in the same moment."""
    metadata = trailing_metadata(error, request_id=str(request_id.get()))
    try:
        await context.abort(STATUSES[error.code], error.message, metadata)
    except grpc.aio.AbortError:
        raise
    except Exception:
        await end_if_left(context)
        raise
