"""A line of the log, and what is never in it."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.engine.output import WITHHELD, EngineOutput, without_quotes
from service.line_writer import LineWriter
from service.logs import BackgroundHandler, JsonFormatter
from tests.service.process import ROOT

SAID = "what somebody wrote"


def line_of(error: BaseException, **options: Any) -> dict[str, Any]:
    try:
        try:
            raise KeyError(SAID)
        except KeyError:
            raise error  # noqa: B904 - its context is part of the test
    except BaseException as raised:
        record = logging.LogRecord(
            "service", logging.ERROR, "", 0, "failed", (), (type(raised), raised, None)
        )
    line: dict[str, Any] = json.loads(JsonFormatter(**options).format(record))
    return line


def test_exception_is_told_without_its_message_which_may_quote_a_request() -> None:
    line = line_of(ValueError(SAID))
    assert SAID not in json.dumps(line)
    assert line["exception"].endswith("ValueError")
    assert "KeyError\n" in line["exception"]
    assert f"in {line_of.__name__}" in line["exception"]


def test_a_line_that_cannot_be_written_is_told_by_its_place_and_raises_nothing(
    tmp_path: Path,
) -> None:
    with open(tmp_path / "log", "wb") as file:
        handler = BackgroundHandler(LineWriter(file.fileno()))
        handler.setFormatter(JsonFormatter())
        handler.handle(
            logging.LogRecord("service", logging.INFO, "place.py", 7, "%d", (SAID,), None)
        )
        handler.flush()
    line = json.loads((tmp_path / "log").read_text())
    assert (line["level"], line["place"]) == ("error", "place.py:7")
    assert SAID not in json.dumps(line)


def test_what_the_operating_system_says_is_told() -> None:
    assert line_of(OSError(28, "No space left"))["exception"].endswith("No space left")


async def test_a_task_that_nobody_waited_for_is_told_without_what_its_exception_says() -> None:
    lines: list[str] = []
    handler, asyncios = logging.Handler(), logging.getLogger("asyncio")
    handler.emit = lambda record: lines.append(JsonFormatter().format(record))  # type: ignore[method-assign]
    asyncios.addHandler(handler)

    async def fail() -> None:
        raise ValueError(SAID)

    forgotten = asyncio.create_task(fail())
    await asyncio.sleep(0)
    del forgotten
    gc.collect()
    asyncios.removeHandler(handler)
    (line,) = lines
    assert json.loads(line)["message"] == "Task exception was never retrieved"
    assert SAID not in line


def test_messages_are_told_where_texts_may_be_in_the_log() -> None:
    told = line_of(ValueError(SAID), quote=True)["exception"]
    assert f"KeyError: '{SAID}'" in told
    assert told.endswith(f"ValueError: {SAID}")


@pytest.mark.parametrize("quote", [False, True])
def test_log_that_may_have_texts_begins_with_a_warning_of_it(quote: bool) -> None:
    program = f"from service.logs import write_logs; write_logs('WARNING', quote={quote})"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ("LLM_LOG_PROMPTS is on" in done.stderr) is quote


def test_uvicorn_is_silent_about_what_any_client_can_send() -> None:
    program = (
        "import logging; from service.logs import write_logs; write_logs('DEBUG');"
        "told = logging.getLogger('uvicorn.error'); told.warning('flood'); told.error('broken')"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "broken" in done.stderr
    assert "flood" not in done.stderr


SLOT = "0.01.228.997 I slot launch_slot_: id  6 | task 2 | processing task, is_child = 0"
DEAD = "/src/ggml.c:12: GGML_ASSERT(n > 0) failed"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (SLOT, SLOT),
        (DEAD, DEAD),
        (f"{SLOT}, next token: 5 '{SAID}'", f"0.01.228.997 I slot launch_slot_: {WITHHELD}"),
        (f"0.01.1 W srv operator(): got exception: {SAID}", f"0.01.1 W srv operator(): {WITHHELD}"),
        (f"0.01.1 E {SAID}", WITHHELD),
        (f"root ::= {SAID}", ""),
    ],
)
def test_lines_of_an_engine_that_serves_are_told_as_far_as_they_quote_nobody(
    line: str, told: str
) -> None:
    assert without_quotes(line) == told


def test_lines_are_whole_until_the_engine_serves_and_where_texts_may_be_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "service.engine")
    told = []
    for output in (EngineOutput(quote=False), EngineOutput(quote=True)):
        output.tell("E before")
        output.serves()
        output.tell("E after")
        told.append(list(output.last))
    assert told == [["E before", WITHHELD], ["E before", "E after"]]
    assert caplog.messages == told[0] + told[1]


def test_bytes_that_a_library_logs_are_told_by_their_number_only() -> None:
    text, told = "Invalid encoding on %s of %s", (b"Bearer sk-\xff", "authorization")
    record = logging.LogRecord("grpc", logging.ERROR, "", 0, text, told, None)
    line = json.loads(JsonFormatter(quote=True).format(record))
    assert line["message"] == "Invalid encoding on 11 bytes of authorization"
