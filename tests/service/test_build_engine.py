"""The engine's build from source: what it takes, and what it leaves. The build itself is tested end
to end (tests/e2e/test_image.py)."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from service.build_engine import HERE, PINNED, main, needed


def test_it_is_the_source_of_the_wheel_that_the_service_runs() -> None:
    pins = PINNED.findall((HERE / "requirements.txt").read_text())
    assert pins == [f"xllamacpp=={version('xllamacpp')}"]


def test_libraries_are_left_by_the_name_by_which_they_are_loaded(tmp_path: Path) -> None:
    for name in ("llama-server", "libggml-cpu-x64.so", "libllama.so.0.6.0", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "libllama.so.0").symlink_to("libllama.so.0.6.0")
    (tmp_path / "libllama.so").symlink_to("libllama.so.0")
    names = {file.name for file in needed(tmp_path)}
    assert names == {"llama-server", "libggml-cpu-x64.so", "libllama.so.0"}


def test_without_a_compiler_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([str(tmp_path / "engine")]) == 1
    assert "g++ is missing" in capsys.readouterr().err


def test_it_wants_one_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "build_engine.py FOLDER" in capsys.readouterr().err
