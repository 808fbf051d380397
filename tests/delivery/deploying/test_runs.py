"""Two verbs at work in one checkout do not get into each other's way."""

import re
from pathlib import Path

import pytest

from delivery.deploying import runs
from delivery.deploying.runs import new_run


@pytest.fixture(autouse=True)
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(runs, "OUT", tmp_path)
    return tmp_path


def test_each_run_has_a_name_a_folder_and_a_log_of_its_own() -> None:
    with new_run("deploy", "dev") as first, new_run("deploy", "dev") as second:
        (first.folder / "assembly").write_text("kept")
        assert first.name != second.name
        assert first.log != second.log
    with new_run("rollback", "dev"):
        assert not first.folder.exists()


def test_folder_goes_with_its_run_and_the_log_stays(out: Path) -> None:
    with new_run("deploy", "dev") as run:
        run.log.parent.mkdir()
        run.log.write_text("all that was said")
        assert run.folder.is_dir()
    assert not run.folder.exists()
    assert run.log.read_text() == "all that was said"
    assert run.log.parent == out / "logs"


def test_name_is_one_that_cloudformation_takes_for_a_change_set() -> None:
    with new_run("rollback", "dev-two") as run:
        assert re.fullmatch(r"[a-zA-Z][-a-zA-Z0-9]{0,127}", run.name)
