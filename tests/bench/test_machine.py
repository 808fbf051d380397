"""What the bench gives to the programs that it starts."""

import pytest

from bench.machine import shell_environment


def test_a_shell_knows_nothing_of_the_make_that_runs_the_bench(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAKEFLAGS", " -- ARGS=--image\\ a\\ b")
    monkeypatch.setenv("ARGS", "--image a b")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("KEPT", "yes")
    kept = shell_environment()
    assert kept["KEPT"] == "yes"
    assert kept.keys().isdisjoint({"MAKEFLAGS", "ARGS", "PYTHONDONTWRITEBYTECODE"})
