"""JSON log lines on standard error, each with the request it belongs to."""

from __future__ import annotations

import json
import logging
import re
import sys
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._:=;-]{1,128}")

STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request id, and `extra` fields."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (current := request_id.get()) is not None:
            line["request_id"] = current
        line |= {name: value for name, value in vars(record).items() if name not in STANDARD_FIELDS}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def choose_id(offered: str | None) -> str:
    """The caller's id for its request, where it is short and harmless in a log; else a new one."""
    if offered and ACCEPTABLE_ID.fullmatch(offered):
        return offered
    return uuid.uuid4().hex


def write_logs(level: str) -> None:
    """Sends every log line of the process to standard error, as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("uvicorn", "botocore", "aiohttp", "grpc", "mangum"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelName(level)))
