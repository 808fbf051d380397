"""Nobody is asked where nobody is, and nobody is asked in a program's way."""

import io

import pytest

from delivery.deploying.agreement import ask_person


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
