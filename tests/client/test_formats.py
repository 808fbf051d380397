"""Reading answers, events and errors, with no connection."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from llm_on_ecs import errors, rest_format, rpc_format
from llm_on_ecs.answers import Chunk
from llm_on_ecs.asking import question
from llm_on_ecs.errors import LLMError
from llm_on_ecs.rest_format import Events, refusal, retry_after
from llm_on_ecs.retries import LONGEST_TIMEOUT_SECONDS
from llm_on_ecs.wire import llm_service_pb2 as wire
from service.rpc import llm_service_pb2

EVENT = 'data: {"choices": [{"text": "a\u2028b\x85c", "finish_reason": null}]}\n\n'.encode()


@pytest.mark.parametrize("size", [1, 2, 7, len(EVENT)])
def test_event_is_read_however_it_is_cut_and_whatever_line_ends_its_text_has(size: int) -> None:
    events = Events()
    parts = [EVENT[start : start + size] for start in range(0, len(EVENT), size)]
    found = [piece for part in parts for piece in events.chunks(part, request_id=None)]
    assert found == [Chunk("a\u2028b\x85c")]


def test_line_that_does_not_end_is_unexpected_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_format, "LINE_BYTES_AT_MOST", 1000)
    events = Events()
    assert list(events.feed(b"data: " + b"x" * 994)) == []
    with pytest.raises(errors.UnexpectedAnswer):
        list(events.feed(b"x"))


def test_long_line_in_many_pieces_is_not_copied_with_each_of_them() -> None:
    events, started = Events(), time.process_time()
    for _ in range(20_000):
        assert not list(events.feed(b"x" * 100))
    assert time.process_time() - started < 2  # copied it takes 10 s, and grows as the square


def test_comments_and_empty_deltas_are_no_pieces() -> None:
    data = b': still working\n\ndata: {"choices": [{"delta": {"content": ""}}]}\r\n\r\n'
    assert list(Events().chunks(data, request_id=None)) == []


@pytest.mark.parametrize("kind", ["StreamGenerateTextResponse", "StreamChatResponse"])
def test_empty_messages_which_only_keep_the_call_alive_are_no_pieces(kind: str) -> None:
    empty = getattr(wire, kind)()
    assert rpc_format.chunk(empty) is None


def test_event_that_is_no_event_of_ours_is_unexpected() -> None:
    with pytest.raises(errors.UnexpectedAnswer):
        list(Events().chunks(b"data: <html>\n", request_id=None))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, errors.NotAuthenticated),
        (403, errors.PermissionDenied),
        (404, errors.UnexpectedAnswer),
        (413, errors.RequestTooLarge),
        (422, errors.InvalidRequest),
        (429, errors.RateLimited),
        (500, errors.InternalError),
        (502, errors.ConnectionFailed),
        (503, errors.ConnectionFailed),
        (504, errors.ConnectionFailed),
    ],
)
def test_answer_of_something_on_the_way_is_read_by_its_status(
    status: int, error: type[LLMError]
) -> None:
    found = refusal(status, {"retry-after": "7", "x-request-id": "r"}, b"<html>")
    assert type(found) is error
    assert (found.retry_after_seconds, found.request_id) == (7, "r")


@pytest.mark.parametrize("status", [204, 301, 308])
def test_answer_that_is_no_error_is_unexpected(status: int) -> None:
    assert type(refusal(status, {}, b"")) is errors.UnexpectedAnswer


def test_redirect_says_where_to() -> None:
    found = refusal(301, {"location": "https://llm.example.com:443/v1/completions"}, b"")
    assert "redirects to https://llm.example.com:443" in found.message


def test_words_of_api_gateway_are_kept() -> None:
    found = refusal(429, {}, b'{"message": "Limit Exceeded"}')
    assert (type(found), found.message) == (errors.RateLimited, "Limit Exceeded")


@pytest.mark.parametrize("content", [b'{"error": {}}', b'{"error": "no"}', b"[]", b"{}", b"7"])
def test_answer_without_words_names_its_status(content: bytes) -> None:
    assert refusal(500, {}, content).message == "The endpoint answered HTTP status 500."


@pytest.mark.parametrize(
    ("status", "error"), [(503, errors.Unavailable), (504, errors.DeadlineExceeded)]
)
def test_code_that_is_newer_than_the_client_is_kept_and_read_by_its_status(
    status: int, error: type[LLMError]
) -> None:
    body = {"error": {"message": "Too hot.", "code": "too_hot", "param": None, "type": "x"}}
    found = refusal(status, {}, json.dumps(body).encode())
    assert type(found) is error
    assert (found.code, found.message) == ("too_hot", "Too hot.")


def test_retry_after_may_be_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    found = retry_after(later)
    assert found is not None
    assert 80 < found <= 90


@pytest.mark.parametrize("header", ["9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_retry_after_beyond_all_bounds_is_still_seconds_that_can_be_waited(header: str) -> None:
    assert retry_after(header) == LONGEST_TIMEOUT_SECONDS


@pytest.mark.parametrize(
    "header", [None, "soon", "-5", "1e9", "\u0663", f"Mon, 04 Jan 2027 00:00:00 +{'9' * 30}"]
)
def test_retry_after_that_says_nothing_is_none(header: str | None) -> None:
    assert retry_after(header) is None


def test_whole_answer_that_is_none_is_unexpected() -> None:
    with pytest.raises(errors.UnexpectedAnswer, match="is the address the endpoint's"):
        rest_format.completion(b'{"hello": "world"}')


class Ended:
    """A gRPC call's end, as the library tells it."""

    def __init__(self, code: grpc.StatusCode, *details: Any) -> None:
        status = status_pb2.Status()
        for detail in details:
            status.details.add().Pack(detail)
        self._code, self._metadata = code, ((rpc_format.DETAILS, status.SerializeToString()),)

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return ""

    def trailing_metadata(self) -> Any:
        return self._metadata


def pause(seconds: int) -> error_details_pb2.RetryInfo:
    info = error_details_pb2.RetryInfo()
    info.retry_delay.FromSeconds(seconds)
    return info


@pytest.mark.parametrize(
    ("ended", "error"),
    [
        (Ended(grpc.StatusCode.UNAVAILABLE), errors.ConnectionFailed),
        (Ended(grpc.StatusCode.CANCELLED), errors.ConnectionFailed),
        (Ended(grpc.StatusCode.RESOURCE_EXHAUSTED), errors.RequestTooLarge),
        (Ended(grpc.StatusCode.RESOURCE_EXHAUSTED, pause(3)), errors.RateLimited),
        (Ended(grpc.StatusCode.UNIMPLEMENTED), errors.UnexpectedAnswer),
        (Ended(grpc.StatusCode.UNKNOWN), errors.InternalError),
        (
            Ended(grpc.StatusCode.UNAVAILABLE, error_details_pb2.ErrorInfo(reason="DRAINING")),
            errors.Draining,
        ),
        (
            Ended(grpc.StatusCode.UNAVAILABLE, error_details_pb2.ErrorInfo(reason="TOO_HOT")),
            errors.Unavailable,
        ),
        (
            Ended(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                error_details_pb2.ErrorInfo(reason="RATE_LIMIT_EXCEEDED"),
                pause(3),
            ),
            errors.RateLimitExceeded,
        ),
        (
            Ended(
                grpc.StatusCode.UNAUTHENTICATED,
                error_details_pb2.ErrorInfo(reason="EXPIRED_API_KEY"),
            ),
            errors.ExpiredApiKey,
        ),
    ],
)
def test_end_of_a_call_is_read_by_our_details_then_by_its_status(
    ended: Ended, error: type[LLMError]
) -> None:
    found = rpc_format.refusal(ended)
    assert type(found) is error
    assert str(found)


def test_pause_of_a_quota_is_read() -> None:
    found = rpc_format.refusal(Ended(grpc.StatusCode.RESOURCE_EXHAUSTED, pause(3)))
    assert found.retry_after_seconds == 3


def test_value_that_no_message_holds_is_a_wrong_request() -> None:
    with pytest.raises(errors.InvalidRequest, match="does not fit its message"):
        rpc_format.message(question("Hi", {"max_tokens": 10**12}))


def test_messages_stand_beside_another_copy_of_them() -> None:
    ours = rpc_format.message(question("Hi", {"stop": "x"}))
    assert not isinstance(ours, llm_service_pb2.GenerateTextRequest)
    theirs = llm_service_pb2.GenerateTextRequest.FromString(ours.SerializeToString())
    assert (theirs.prompt, list(theirs.stop)) == ("Hi", ["x"])
