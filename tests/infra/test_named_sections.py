"""Sections and keys that a person names: mistakes in them are told like all others."""

from pathlib import Path

import pytest

from infra.manual import settings_table
from infra.stage_files import SettingsError, load_stage


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "[schedules.day]\ncron = 8",
            "schedules.day.cron: got 8; write a text in quotes",
        ),
        (
            "[schedules.day]\nmin_tasks = 4",
            "schedules.day.cron: got none; write it, it has no default",
        ),
        (
            "[schedules.day]\ncron = '0 8 ? * MON-FRI *'\nmin_task = 4",
            "schedules.day.min_task: got 4, but there is no such setting; "
            "did you mean 'min_tasks'?",
        ),
        (
            "[schedules.day]\ncron = '0 8 * * MON-FRI'",
            "schedules.day.cron: got '0 8 * * MON-FRI', which has 5 fields; write six: minutes, "
            "hours, day of the month, month, day of the week, year, like 0 8 ? * MON-FRI *",
        ),
        (
            "[schedules.day]\ncron = '0 8 ? * MON *'\ntime_zone = 'CEST'",
            "schedules.day.time_zone: got 'CEST', which is no time zone; "
            "write it like Europe/Berlin or UTC",
        ),
        (
            "[schedules.'9 to 5']\ncron = '0 8 ? * MON *'",
            "schedules.\"9 to 5\": got '9 to 5', which is no name of a schedule; "
            "write it like [schedules.working-hours]",
        ),
        (
            "schedules = '0 8 ? * MON *'",
            "schedules: got '0 8 ? * MON *'; write a section of its own, "
            "like [governance.tags] or [schedules.evening]",
        ),
        (
            "[governance.tags]\ncost-centre = 4711",
            "governance.tags.cost-centre: got 4711; write a text in quotes",
        ),
        (
            "[governance.tags]\n'aws:team' = 'a'",
            "governance.tags.\"aws:team\": got 'aws:team', which begins as AWS's own keys do; "
            "begin it otherwise",
        ),
    ],
)
def test_a_mistake_is_told_with_its_path_and_what_to_write(
    tmp_path: Path, content: str, expected: str
) -> None:
    (tmp_path / "own.toml").write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        load_stage("own", directory=tmp_path)
    assert str(error.value) == f"own.toml: {expected}"


def test_the_manual_has_a_row_for_each_setting_of_a_named_section() -> None:
    for setting in ("cron", "time_zone", "min_tasks", "max_tasks"):
        assert f"| `schedules.NAME.{setting}` |" in settings_table()
