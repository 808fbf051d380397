"""JSON log lines on standard error, each with the request it belongs to."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
import uuid
from contextvars import Context, ContextVar
from datetime import UTC, datetime

from service.line_writer import LineWriter

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

REQUEST_ID = "x-request-id"  # HTTP's header, gRPC's metadata
KEY_LIKE = re.compile(r"sk-[A-Za-z0-9_-]{8,}")  # our keys, and other people's
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._:=;-]{1,128}")

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
TRACE = "x-amzn-trace-id"
TRACE_ROOT = re.compile(r"(?:^|;)Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")

STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

STANDARD_ERROR = 2
LAST_LINES_SECONDS = 1.0  # at the process' end, for who still reads

log = logging.getLogger("service")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request id, and `extra` fields.

    An exception is told by its type and where it was raised; by its message too where that may
    `quote` a request.
    """

    def __init__(self, *, quote: bool = False) -> None:
        super().__init__()
        self._quote = quote

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._message(record),
        }
        if (current := request_id.get()) is not None:
            line["request_id"] = current
        line |= {name: value for name, value in vars(record).items() if name not in STANDARD_FIELDS}
        if record.exc_info and (error := record.exc_info[1]) is not None:
            line["exception"] = story(error, quote=self._quote)
        return json.dumps(line, default=str)

    def _message(self, record: logging.LogRecord) -> str:
        message = without_bytes(record)
        # From its second line on it is of a forgotten task, with its exception and what that says.
        return message if self._quote or record.name != "asyncio" else message.partition("\n")[0]


def without_bytes(record: logging.LogRecord) -> str:
    """Its message but for the bytes in it. Libraries log them where they are no text: of gRPC's
    metadata they may be a key.
    """
    told = record.args
    if isinstance(told, tuple):
        told = tuple(f"{len(arg)} bytes" if isinstance(arg, bytes) else arg for arg in told)
    return str(record.msg) % told if told else str(record.msg)


def story(error: BaseException, *, quote: bool) -> str:
    """Of the exception and of those that led to it, the first one first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    earlier = story(before, quote=quote) + "\n" if before is not None else ""
    frames = "".join(traceback.format_tb(error.__traceback__))
    # What the operating system says quotes nobody.
    message = f": {error}" if quote or isinstance(error, OSError) else ""
    return f"{earlier}{frames}{type(error).__qualname__}{message}"


def without_keys(text: str) -> str:
    """For what a client chose, and may have put its key into."""
    return KEY_LIKE.sub("sk-...", text)


def choose_id(offered: str | None, *, trace: str | None = None) -> str:
    """The caller's id for its request, where it is short and harmless in a log; else the one under
    which the load balancer's access log has it, of the header TRACE; else a new one."""
    if offered and ACCEPTABLE_ID.fullmatch(offered) and not KEY_LIKE.search(offered):
        return offered
    if trace and (root := TRACE_ROOT.search(trace)):
        return root[1]
    return uuid.uuid4().hex


class BackgroundHandler(logging.Handler):
    """Has the lines written by a thread. Where that had to lose some, the next line says so.

    All streams share a loop, which would stand still while nobody reads the log: the pipe behind it
    holds 64 KiB.
    """

    def __init__(self, lines: LineWriter) -> None:
        super().__init__()
        self.lines = lines
        self._told = 0

    def emit(self, record: logging.LogRecord) -> None:
        self._tell_lost()
        try:
            line = self.format(record)
        except Exception:  # whoever logs goes on; the arguments may be somebody's text
            line = self.format(unformattable(record))
        self.lines.write(line)

    def flush(self) -> None:
        """At the process' end, which `logging` tells."""
        self._tell_lost()
        self.lines.flush(seconds=LAST_LINES_SECONDS)

    def _tell_lost(self) -> None:
        lost = self.lines.lost - self._told
        if lost and self.lines.has_room:
            self._told += lost
            told = {"name": log.name, "levelno": logging.WARNING, "levelname": "WARNING"}
            record = logging.makeLogRecord(told | {"msg": "log lines were lost", "lines": lost})
            self.lines.write(Context().run(self.format, record))  # which is no request's


def unformattable(record: logging.LogRecord) -> logging.LogRecord:
    told = {"name": record.name, "levelno": logging.ERROR, "levelname": "ERROR"}
    place = f"{record.pathname}:{record.lineno}"
    return logging.makeLogRecord(told | {"msg": "a log line could not be written", "place": place})


def lines_lost() -> int:
    """Of the process' log, since its start."""
    handlers = logging.getLogger().handlers
    return sum(each.lines.lost for each in handlers if isinstance(each, BackgroundHandler))


def write_logs(level: str, *, quote: bool = False, in_background: bool = False) -> None:
    """Sends every log line of the process to standard error, as JSON. See JsonFormatter.

    Not in the background where the process is frozen as soon as it has answered.
    """
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if in_background:
        handler = BackgroundHandler(LineWriter(STANDARD_ERROR))
    handler.setFormatter(JsonFormatter(quote=quote))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    if quote:
        log.warning("LLM_LOG_PROMPTS is on: prompts and completions are written into this log")
    for chatty in ("botocore", "aiohttp", "grpc", "mangum"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    # It warns of all that is no HTTP, or asks for a websocket: whoever can connect can send that.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
