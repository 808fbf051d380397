"""However a verb ends, it ends with one result and its exit status, and leaves nothing running."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from delivery.assemblies import ROOT
from delivery.deploying.ending import Interrupted, interruptible, to_its_end
from delivery.deploying.news import BEGIN, Level, News, Teller
from delivery.deploying.outcome import Outcome, result
from delivery.errors import DeliveryError
from sandbox.processes import start_time, wait_until
from tests.delivery.deploying.account import Listener

KEY = "sk-" + "c" * 43


def ended(act: Callable[[Teller], object]) -> tuple[int, Listener]:
    told = Listener()
    return to_its_end("deploy", "dev", act, told), told


def failing(error: BaseException, *, begun: bool = False) -> Callable[[Teller], object]:
    def act(teller: Teller) -> None:
        if begun:
            teller.tell(News(BEGIN, "deploys"))
        raise error

    return act


def test_first_line_says_what_is_done_to_what_and_in_which_format() -> None:
    _, told = ended(failing(DeliveryError("no")))
    assert told.news[0].facts == {"format": 1, "verb": "deploy", "stage": "dev"}


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.SMOKE_FAILED, Outcome.UNSEEN])
def test_result_that_the_verb_tells_is_its_exit_status(outcome: Outcome) -> None:
    status, told = ended(lambda teller: teller.tell(result(outcome, "so", Level.GOOD)))
    assert status == outcome.status
    assert len(told.news) == 2


@pytest.mark.parametrize(
    ("error", "begun", "outcome", "text"),
    [
        (DeliveryError("STAGE: got 'x'"), False, Outcome.REFUSED, "STAGE: got 'x'; nothing was ch"),
        (DeliveryError("rollback: no"), True, Outcome.FAILED, "rollback: no; AWS goes on with wha"),
        (KeyboardInterrupt(), False, Outcome.INTERRUPTED, "interrupted; nothing was changed"),
        (Interrupted("SIGHUP"), True, Outcome.INTERRUPTED, "interrupted by SIGHUP; AWS goes on wi"),
        (
            RuntimeError("odd"),
            False,
            Outcome.FAILED,
            "a fault of this program: RuntimeError('odd')",
        ),
    ],
)
def test_what_is_raised_becomes_a_result_that_says_whether_anything_was_begun(
    error: BaseException, begun: bool, outcome: Outcome, text: str
) -> None:
    status, told = ended(failing(error, begun=begun))
    assert status == outcome.status
    last = told.news[-1]
    assert (last.kind, last.facts["outcome"]) == ("result", outcome.word)
    assert last.text.startswith(text)


def test_lines_before_the_sentence_are_read_below_it() -> None:
    _, told = ended(failing(DeliveryError("one\ntwo\ncdk synth: got exit status 1")))
    assert told.news[-1].lines == ("one", "two")
    assert told.news[-1].text.startswith("cdk synth: got exit status 1; ")


def test_interrupt_after_the_result_changes_nothing_about_it() -> None:
    def act(teller: Teller) -> None:
        teller.tell(result(Outcome.DONE, "done", Level.GOOD))
        raise KeyboardInterrupt

    status, told = ended(act)
    assert status == 0
    assert told.news[-1].text == "done"


def test_fault_of_ours_is_told_with_its_trace_and_without_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended(failing(RuntimeError(f"odd {KEY}")))
    trace = capsys.readouterr().err
    assert "RuntimeError: odd ***" in trace
    assert KEY not in trace


def test_reader_who_has_left_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []

    class Gone(Listener):
        def tell(self, news: News) -> None:
            raise BrokenPipeError(32, "Broken pipe")

    def act(teller: Teller) -> None:
        for text in ("one", "two"):
            teller.tell(News("cdk", text))
            told.append(text)
        teller.tell(result(Outcome.DONE, "done", Level.GOOD))

    assert to_its_end("deploy", "dev", act, Gone()) == 0
    assert told == ["one", "two"]
    assert capsys.readouterr().err.count("Nobody reads this any more") == 1


def test_signal_that_nohup_keeps_away_stays_away() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


# It begins as one does in a terminal, also where the tests run under `nohup` or behind an `&`.
PROGRAM = """
import signal
import sys
from pathlib import Path
from delivery.deploying import command_line
from delivery.deploying.ending import to_its_end
from delivery.deploying.news import BEGIN, News
from delivery.deploying.tellers import JsonLines

signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

def act(teller):
    teller.tell(News(BEGIN, "deploys"))
    command_line.run(
        [sys.executable, "-c", CHILD], log=Path(sys.argv[1]) / "log", meanwhile=lambda: None,
        tell=lambda line: teller.tell(News("cdk", line)), every_seconds=60,
    )

CHILD = '''
import os, pathlib, signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
pathlib.Path(r"FOLDER/pid").write_text(str(os.getpid()))
print("one: start: two", flush=True)
time.sleep(60)
'''.replace("FOLDER", sys.argv[1])
sys.exit(to_its_end("deploy", "dev", act, JsonLines(sys.stdout)))
"""


@pytest.fixture
def program(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A verb whose command line runs, and takes no notice of Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        until(process.stdout, "one: start: two")
        yield process
        process.kill()


def until(output: IO[str], text: str) -> None:
    while text not in (line := output.readline()):
        assert line, f"it ended before it said {text}"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_ends_the_command_line_and_is_told_as_a_result(
    program: subprocess.Popen[str], tmp_path: Path, number: signal.Signals
) -> None:
    program.send_signal(number)
    output, _ = program.communicate(timeout=30)
    ending, last = map(json.loads, output.splitlines())
    assert ending["text"].startswith("the CDK's command line is ended")
    assert (last["kind"], last["exit_status"]) == ("result", 130)
    assert "AWS goes on with what it has begun: make status STAGE=dev" in last["text"]
    assert program.returncode == 130
    assert wait_until(lambda: start_time(child(tmp_path)) is None, seconds=10)


def test_second_signal_while_the_first_is_carried_out_leaves_nothing_running(
    program: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert program.stdout is not None
    program.send_signal(signal.SIGINT)
    until(program.stdout, "the CDK's command line is ended")
    program.send_signal(signal.SIGINT)
    last = json.loads(program.communicate(timeout=30)[0].splitlines()[-1])
    assert (last["kind"], last["exit_status"]) == ("result", 130)
    assert wait_until(lambda: start_time(child(tmp_path)) is None, seconds=10)


def test_whoever_reads_no_further_gets_the_exit_status_all_the_same(
    program: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert program.stdout is not None
    program.stdout.close()
    os.kill(program.pid, signal.SIGTERM)
    assert program.wait(30) == 130
    assert wait_until(lambda: start_time(child(tmp_path)) is None, seconds=10)


def child(folder: Path) -> int:
    return int((folder / "pid").read_text())
