"""Processes are found, stopped and never mistaken for others."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.down import down, stop_sandbox
from sandbox.processes import ProcessTable, start_time, wait_until
from sandbox.state import State
from tests.sandbox.waiting import LONG_SECONDS

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('ignoring', flush=True); time.sleep(60)",
]


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path)
    state.prepare()
    return state


@pytest.fixture
def table(state: State) -> Iterator[ProcessTable]:
    table = ProcessTable(state)
    yield table
    for name in table.names():
        table.stop(name, seconds=0)
    table.pid("")  # reaps


def start(table: ProcessTable, command: list[str], name: str = "thing") -> int:
    return table.start(name, command, environment=dict(os.environ))


def test_started_process_is_found_by_its_name(table: ProcessTable) -> None:
    pid = start(table, SLEEP)
    assert table.pid("thing") == pid


def test_id_that_was_used_again_is_not_ours(table: ProcessTable, state: State) -> None:
    table.record("thing", os.getpid())
    value = table.details("thing")
    state.write(state.processes / "thing.json", {**value, "started": "0"})
    assert table.pid("thing") is None


def test_process_that_dies_during_the_look_is_no_zombie_afterwards(
    table: ProcessTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = start(table, SLEEP)

    def dies(looked_at: int) -> None:
        os.kill(looked_at, signal.SIGKILL)
        os.waitid(os.P_PID, looked_at, os.WEXITED | os.WNOWAIT)

    monkeypatch.setattr("sandbox.processes.start_time", dies)
    assert table.pid("thing") is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_stop_ends_the_process_and_forgets_it(table: ProcessTable) -> None:
    pid = start(table, SLEEP)
    table.stop("thing", seconds=5)
    assert start_time(pid) is None
    assert table.names() == []


def test_process_that_ignores_sigterm_is_killed(table: ProcessTable, state: State) -> None:
    pid = start(table, STUBBORN)
    log = state.logs / "thing.log"
    assert wait_until(lambda: "ignoring" in log.read_text(), seconds=LONG_SECONDS)
    table.stop("thing", seconds=0.2)
    assert start_time(pid) is None


def test_down_ends_what_a_killed_runner_left_behind(table: ProcessTable, state: State) -> None:
    start(table, SLEEP, "task-1")
    start(table, SLEEP, "aws")
    assert sorted(stop_sandbox(state)) == ["aws", "task-1"]
    assert table.names() == []


def test_down_without_a_sandbox_says_so(state: State) -> None:
    assert down(state) == "No sandbox is running."


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent death signal")
def test_child_dies_with_its_parent() -> None:
    code = (
        "import os, subprocess, sys; from sandbox.processes import die_with_parent; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], "
        "preexec_fn=die_with_parent); print(child.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    parent = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert wait_until(lambda: start_time(int(parent.stdout)) is None, seconds=LONG_SECONDS)
