"""The same news in a log, for a program and in a terminal; a key in none of them."""

import io
import json

import pytest
from rich.console import Console

from delivery.deploying.news import KINDS, RESULT, Generation, Level, News, Picture
from delivery.deploying.outcome import Outcome, result
from delivery.deploying.redaction import HIDDEN, without_secrets
from delivery.deploying.screen import Screen, drawn
from delivery.deploying.tellers import JsonLines, Lines
from tests.delivery.deploying.account import Clock

STOPPED = News(
    "task stopped", "task abc [1] stopped", Level.BAD, lines=("do: this",), facts={"task": "abc"}
)
KEY = "sk-" + "a" * 43


def test_log_has_the_time_a_mark_and_what_belongs_below() -> None:
    file, clock = io.StringIO(), Clock()
    lines = Lines(file, clock)
    clock.now = 83.42
    lines.tell(STOPPED)
    assert file.getvalue() == (
        "   83.4 s \N{MULTIPLICATION SIGN} task abc [1] stopped\n            do: this\n"
    )


def test_program_gets_an_object_a_line_and_the_result_last() -> None:
    file = io.StringIO()
    told = JsonLines(file)
    told.tell(STOPPED)
    told.tell(result(Outcome.SMOKE_FAILED, "it does not answer", Level.BAD, seconds=3))
    stopped, last = map(json.loads, file.getvalue().splitlines())
    assert (stopped["kind"], stopped["task"]) == ("task stopped", "abc")
    assert stopped["lines"] == ["do: this"]
    assert (last["outcome"], last["exit_status"], last["seconds"]) == ("smoke test failed", 4, 3)


def test_lines_of_a_kind_have_the_same_keys_whatever_they_say() -> None:
    file = io.StringIO()
    told = JsonLines(file)
    told.tell(result(Outcome.REFUSED, "nothing was changed", Level.WARNING))
    told.tell(result(Outcome.DONE, "done", Level.GOOD, seconds=3, smoke="passed", url="https://a"))
    bare, full = map(json.loads, file.getvalue().splitlines())
    assert list(bare) == list(full) == ["at", "kind", "level", "text", "lines", *KINDS[RESULT]]
    assert (bare["seconds"], bare["lines"]) == (None, [])


def test_secret_that_json_would_spell_otherwise_is_hidden_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = 'gw-"quoted"\\and\nmore'
    monkeypatch.setenv("LLM_GATEWAY_API_KEY", secret)
    file = io.StringIO()
    JsonLines(file).tell(News("cdk", f"said {secret}", facts={"log": [{"line": secret}]}))
    assert json.loads(file.getvalue())["log"] == [{"line": HIDDEN}]
    assert "quoted" not in file.getvalue()


def terminal() -> Console:
    return Console(file=io.StringIO(), record=True, force_terminal=True, width=100, highlight=False)


def test_terminal_lets_news_scroll_by_and_takes_brackets_as_text() -> None:
    console = terminal()
    with Screen("deploy dev", console) as screen:
        screen.tell(STOPPED)
    told = console.export_text()
    assert "\N{MULTIPLICATION SIGN} task abc [1] stopped" in told
    assert "do: this" in told


def test_picture_shows_stacks_generations_and_targets() -> None:
    console = terminal()
    picture = Picture(
        stacks={"llm-on-ecs-dev-inference": "UPDATE_IN_PROGRESS"},
        working_on=("A", "B", "C", "D", "E"),
        generations=(
            Generation("2", "PRIMARY", 2, 1, 1, 3, "IN_PROGRESS"),
            Generation("1", "ACTIVE", 2, 2, 0, 0, "COMPLETED"),
        ),
        targets={"healthy": 3, "initial": 1},
        unseen={"stack events": 41.5},
    )
    console.print(*drawn(picture))
    told = console.export_text()
    assert "llm-on-ecs-dev-inference  UPDATE_IN_PROGRESS" in told
    assert "at work on A, B, C, D and 1 more" in told
    assert "1 of 2" in told
    assert "being replaced" in told
    assert "3 healthy, 1 initial" in told
    assert "stack events: not seen for 42 s" in told


@pytest.mark.parametrize("text", [f"the key {KEY} of ann", f'{{"key": "{KEY}"}}'])
def test_api_key_in_a_text_is_hidden(text: str) -> None:
    assert KEY not in without_secrets(text, {})
    assert HIDDEN in without_secrets(text, {})


def test_secret_of_the_environment_is_hidden_whatever_it_looks_like() -> None:
    environment = {"LLM_GATEWAY_API_KEY": "gw-0123456789", "AWS_SESSION_TOKEN": ""}
    assert without_secrets("with gw-0123456789.", environment) == f"with {HIDDEN}."


def test_no_teller_lets_a_key_pass() -> None:
    news = News("cdk", f"said {KEY}", lines=(f"and {KEY}",), facts={"log": [KEY]})
    files = io.StringIO(), io.StringIO()
    Lines(files[0]).tell(news)
    JsonLines(files[1]).tell(news)
    console = terminal()
    with Screen("deploy dev", console) as screen:
        screen.tell(news)
    told = [file.getvalue() for file in files] + [console.export_text()]
    assert all(KEY not in text and HIDDEN in text for text in told)
