"""Whoever is woken finds what to do: alarms, alerts and the runbook's sections agree."""

import re
from typing import Any

import yaml

from tests.infra.assemblies import ROOT, Assembly

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
# Sections that no alarm leads to.
OTHERS = {
    *("before-you-look", "a-deploy-fails", "go-back", "a-rollout-hangs"),
    *("rotate-a-key", "budget"),
}


def anchors() -> set[str]:
    """The sections as GitHub and GitLab name them: in lower case, with hyphens."""
    return {title.lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", RUNBOOK, re.M)}


def table() -> dict[str, tuple[set[str], set[str]]]:
    """The runbook's first table: section, its alarms, its alerts."""
    rows = re.findall(r"^\| \[.+?\]\(#(.+?)\) \| (.+?) \| (.+?) \|$", RUNBOOK, re.M)
    return {
        section: (set(alarms.split(", ")), set(alerts.split(", ")) - {"none"})
        for section, alarms, alerts in rows
    }


def alarms_by_section(assembly: Assembly) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for logical_id, body in assembly.resources("AWS::CloudWatch::Alarm").items():
        section = body["Properties"]["AlarmDescription"].rpartition("docs/runbook.md#")[2]
        name = re.sub(r"^(WatchingAlarms|RollbackAlarms)|[0-9A-F]{8}$", "", logical_id)
        found.setdefault(section, set()).add(name)
    return found


def alerts_by_section() -> dict[str, set[str]]:
    rules: Any = yaml.safe_load((ROOT / "monitoring" / "alert_rules.yml").read_text())
    found: dict[str, set[str]] = {}
    for group in rules["groups"]:
        for rule in group["rules"]:
            section = rule["annotations"]["runbook_url"].partition("#")[2]
            found.setdefault(section, set()).add(rule["alert"])
    return found


def test_every_alarm_has_its_section_and_every_section_its_alarm(watched: Assembly) -> None:
    assert {section: alarms for section, (alarms, _) in table().items()} == alarms_by_section(
        watched
    )


def test_every_alert_has_its_section_and_every_section_its_alert() -> None:
    named = {section: alerts for section, (_, alerts) in table().items() if alerts}
    assert named == alerts_by_section()


def test_every_section_is_there_and_no_other() -> None:
    assert anchors() == set(table()) | OTHERS


def test_every_link_within_the_runbook_leads_somewhere() -> None:
    assert set(re.findall(r"\(#(.+?)\)", RUNBOOK)) <= anchors()


def test_every_alarm_s_section_says_what_users_feel_and_when_it_is_over() -> None:
    sections = {
        text.partition("\n")[0].lower().replace(" ", "-"): text for text in RUNBOOK.split("\n## ")
    }
    for anchor in table():
        for part in ("**Users feel:**", "**Look at**", "**Do", "**It is over**"):
            assert part in sections[anchor], anchor
