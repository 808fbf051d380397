"""Whether a request is in flight, told from the bytes alone."""

from sandbox.runner.traffic import HTTP2_PREFACE, Traffic

REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


def http1() -> Traffic:
    traffic = Traffic()
    traffic.request(REQUEST)
    return traffic


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    head = len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4)
    return head + payload


def test_new_connection_has_nothing_in_flight() -> None:
    assert not Traffic().busy


def test_request_is_in_flight_until_its_response_is_whole() -> None:
    traffic = http1()
    traffic.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
    assert traffic.busy
    traffic.answer(b"cd")
    assert not traffic.busy


def test_stream_is_in_flight_until_its_last_chunk() -> None:
    traffic = http1()
    traffic.answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
    assert traffic.busy
    traffic.answer(b"0\r\n\r\n")
    assert traffic.between_messages


def test_second_request_on_the_connection_is_in_flight_again() -> None:
    traffic = http1()
    traffic.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    traffic.request(REQUEST)
    assert traffic.busy


def test_connection_whose_answer_is_the_last_stays_where_it_is() -> None:
    traffic = http1()
    traffic.answer(
        b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )
    assert not traffic.busy
    assert not traffic.between_messages


def test_continue_does_not_end_the_request() -> None:
    traffic = http1()
    traffic.answer(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert traffic.busy


def test_what_is_not_http_stays_in_flight() -> None:
    traffic = http1()
    traffic.answer(b"\x00\x01\x02")
    traffic.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert traffic.busy


def test_http2_stream_is_in_flight_until_the_server_ends_it() -> None:
    traffic = Traffic()
    traffic.request(HTTP2_PREFACE + frame(4, 0, 0) + frame(1, 4, 1, b"headers"))
    traffic.answer(frame(4, 0, 0) + frame(1, 4, 1, b"h") + frame(0, 0, 1, b"chunk"))
    assert traffic.busy
    traffic.answer(frame(1, 5, 1, b"trailers"))
    assert not traffic.busy


def test_http2_frames_may_arrive_byte_by_byte() -> None:
    traffic = Traffic()
    for byte in HTTP2_PREFACE + frame(1, 4, 1, b"headers") + frame(1, 4, 3, b"headers"):
        traffic.request(bytes([byte]))
    for byte in frame(0, 1, 1, b"end"):
        traffic.answer(bytes([byte]))
    assert traffic.busy
    traffic.answer(frame(3, 0, 3, b"\0\0\0\0"))
    assert not traffic.busy


def test_http2_connection_is_never_closed_by_us_between_messages() -> None:
    traffic = Traffic()
    traffic.request(HTTP2_PREFACE)
    assert not traffic.between_messages


def test_connection_whose_client_awaits_its_end_is_not_moved() -> None:
    traffic = Traffic()
    traffic.request(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    traffic.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert not traffic.busy
    assert not traffic.between_messages
