"""Nobody is asked where nobody is, and nobody is asked in a program's way."""

import io

import pytest
from rich.console import Console

from delivery.deploying.agreement import agreed, ask_person
from delivery.deploying.news import News, Picture
from delivery.deploying.screen import Screen

CURSOR_UP = "\x1b[1A"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YES", raising=False)


def test_nobody_at_the_terminal_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert ask_person("Take it back?") is False
    monkeypatch.setenv("YES", "1")
    assert ask_person("Take it back?") is True


@pytest.mark.parametrize(
    ("typed", "agreed"),
    [("y\n", True), ("Yes\n", True), ("n\n", False), ("\n", False), ("", False)],
)
def test_only_yes_is_yes_and_ctrl_d_is_no(
    monkeypatch: pytest.MonkeyPatch, typed: str, agreed: bool
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert ask_person("Take it back?") is agreed


def test_question_is_not_put_into_what_a_program_reads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    ask_person("Take it back?")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "Take it back? [y/N] ")


def test_question_stands_whole_and_still_in_a_terminal_that_draws(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with Screen("rollback dev", console) as screen:
        screen.show(Picture(stacks={"inference": "UPDATE_COMPLETE"}))
        assert agreed(screen, ask_person, stage="dev")
        assert capsys.readouterr().err == "Take stage dev back? [y/N] "
        assert isinstance(console.file, io.StringIO)
        asked_at = console.file.tell()
        screen.show(Picture(stacks={"inference": "UPDATE_IN_PROGRESS"}))
        screen.tell(News("step", "it goes on"))  # with which it is drawn
        console.file.seek(asked_at)
        drawn = console.file.read()
    assert "UPDATE_IN_PROGRESS" in drawn
    before = drawn.partition("rollback dev")[0]
    assert CURSOR_UP not in before  # it would draw over the question
