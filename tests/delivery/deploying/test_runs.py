"""Two verbs at work in one checkout do not get into each other's way."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from delivery.deploying import runs
from delivery.deploying.runs import KEPT_LOGS, LONGEST_RUN, new_run
from infra.sections.rollout import MOST_MINUTES
from infra.timeouts import DeployPatience, TimeoutBudget


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


def test_stage_keeps_its_newest_logs_and_no_other_stages_go_for_them(out: Path) -> None:
    logs = out / "logs"
    logs.mkdir()
    newest = [f"deploy-dev-20260102-0000{number:02}-abcd.log" for number in range(KEPT_LOGS)]
    others = ["deploy-dev-two-20200101-000000-abcd.log", "rollback-prod-20200101-000000-abcd.log"]
    kept = [*newest, *others, "notes-dev.log"]
    for name in (
        *kept,
        "deploy-dev-20260101-235959-abcd.log",
        "rollback-dev-20260101-000000-ff00.log",
    ):
        (logs / name).touch()
    with new_run("deploy", "dev"):
        assert {log.name for log in logs.iterdir()} == set(kept)


def test_folder_that_a_killed_run_left_goes_and_that_of_a_running_one_stays(out: Path) -> None:
    def folder(age: timedelta) -> Path:
        began = datetime.now(UTC) - age
        left = out / "runs" / f"deploy-prod-{began:%Y%m%d-%H%M%S}-abcd"
        (left / "assembly").mkdir(parents=True)
        return left

    hour = timedelta(hours=1)
    killed, running = folder(LONGEST_RUN + hour), folder(LONGEST_RUN - hour)
    with new_run("deploy", "dev"):
        assert not killed.exists()
        assert running.is_dir()


def test_no_deploy_is_watched_for_as_long_as_its_folder_is_kept() -> None:
    longest = DeployPatience(
        TimeoutBudget(3600, fetched_mib=200 * 1024), planned_minutes=MOST_MINUTES
    )
    assert timedelta(seconds=longest.whole_seconds) < LONGEST_RUN
