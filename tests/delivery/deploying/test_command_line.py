"""The command line's program, while something else is done beside it."""

import sys
from pathlib import Path

import pytest

from delivery.deploying import command_line
from delivery.deploying.watch import Overdue
from sandbox.processes import start_time, wait_until


def python(script: str) -> list[str]:
    return [sys.executable, "-u", "-c", script]


def nothing() -> None:
    """Nothing is done meanwhile."""


def test_status_and_lines_come_back_and_the_file_has_all(tmp_path: Path) -> None:
    script = "print('\\x1b[31mone\\x1b[0m'); print('two'); raise SystemExit(3)"
    done = command_line.run(
        python(script),
        log=tmp_path / "logs/x.log",
        tell=lambda _: None,
        meanwhile=nothing,
        every_seconds=60,
    )
    assert (done.status, done.lines) == (3, ("one", "two"))
    assert (tmp_path / "logs/x.log").read_text() == "one\ntwo\n"


def test_assets_are_told_and_templates_and_events_are_not(tmp_path: Path) -> None:
    lines = [
        "stack: start: Building Inference/Image",
        "stack: success: Built llm-on-ecs-dev-inference Template",
        "stack | 1/4 | 12:00:00 | UPDATE_COMPLETE | AWS::ECS::Service | Service",
        "Registry (llm-on-ecs-dev-registry) (no changes)",
    ]
    told: list[str] = []
    command_line.run(
        python(f"print({chr(10).join(lines)!r})"),
        log=tmp_path / "x.log",
        tell=told.append,
        meanwhile=nothing,
        every_seconds=60,
    )
    assert told == [lines[0], lines[3]]


def test_something_is_done_meanwhile_however_much_it_writes(tmp_path: Path) -> None:
    release = tmp_path / "release"
    script = (
        "import pathlib, time\n"
        f"while not pathlib.Path({str(release)!r}).exists():\n"
        "    print('chatter'); time.sleep(0.001)"
    )
    done = command_line.run(
        python(script),
        log=tmp_path / "x.log",
        tell=lambda _: None,
        meanwhile=release.touch,
        every_seconds=0.05,
    )
    assert done.status == 0


def test_what_ends_the_wait_ends_the_program_and_all_that_it_started(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    script = (
        "import subprocess, sys, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({str(file)!r}).write_text(str(child.pid))\n"
        "child.wait()"
    )

    def late() -> None:
        if file.exists() and file.read_text():
            raise Overdue("too late")

    with pytest.raises(Overdue):
        command_line.run(
            python(script),
            log=tmp_path / "x.log",
            tell=lambda _: None,
            meanwhile=late,
            every_seconds=0.05,
        )
    assert wait_until(lambda: start_time(int(file.read_text())) is None, seconds=10)


def test_reasons_are_the_lines_that_aws_does_not_tell_by_itself() -> None:
    done = command_line.Finished(
        1,
        (
            "stack | 1/4 | 12:00:00 | UPDATE_COMPLETE | AWS::ECS::Service | Service",
            "",
            "Failed to build asset Inference/Image",
            "    at build (index.js:1)",
        ),
    )
    assert done.reasons == ("Failed to build asset Inference/Image",)


def test_key_in_what_it_writes_is_in_no_file(tmp_path: Path) -> None:
    key = "sk-" + "b" * 43
    command_line.run(
        python(f"print('made {key}')"),
        log=tmp_path / "x.log",
        tell=lambda _: None,
        meanwhile=nothing,
        every_seconds=60,
    )
    assert key not in (tmp_path / "x.log").read_text()
