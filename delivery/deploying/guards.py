"""What stops a deploy before it changes anything: preflight's checks, a rollout, a firing alarm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from delivery.deploying.deployed import DeployedStage
from delivery.deploying.news import Level, News
from delivery.deploying.stage_alarms import FIRING, stage_alarms
from operations.preflight.finding import Check, Finding, Mark, Subject
from operations.preflight.run import Result, run_check, run_checks

UPDATE: Final = "update"
"""The guard that grades what the deploy would do: its table is shown also where all is well."""

_LEVELS: Final = {
    Mark.OK: Level.GOOD,
    Mark.NOTE: Level.WARNING,
    Mark.UNKNOWN: Level.WARNING,
    Mark.FAILED: Level.BAD,
}


@dataclass(frozen=True, slots=True)
class Guards:
    """All that is asked before a deploy. Whatever fails is told, not only the first."""

    in_spite_of_alarms: bool = False

    def look(self, subject: Subject, *others: Check) -> list[Result]:
        """Preflight's results, those about what runs now, and those of other checks."""
        results = run_checks(subject)
        signed_in = results[0].finding.mark is Mark.OK
        if signed_in:
            own = Check("rollout", check_rollout), Check("alarms", self.check_alarms)
            for check in (*own, *others):
                results += run_check(check, subject)
        return results

    def check_alarms(self, subject: Subject) -> Iterator[Finding]:
        """No alarm of the stage's own is on: a deploy would hide what it tells, or fail by it."""
        stage = _deployed(subject)
        alarms = stage_alarms(stage)
        firing = [alarm for alarm in alarms if alarm["StateValue"] == FIRING]
        if not alarms:
            yield Finding(Mark.OK, "the stage has none")
        elif not firing:
            yield Finding(Mark.OK, f"none of {len(alarms)} is on")
        undoing = _undoing(stage) if firing else frozenset()
        for alarm in firing:
            yield self._finding(alarm, stage.name, undoes=alarm["AlarmName"] in undoing)

    def _finding(self, alarm: dict[str, Any], stage: str, *, undoes: bool) -> Finding:
        since = f"{alarm['StateUpdatedTimestamp']:%F %H:%M} UTC"
        description = alarm.get("AlarmDescription") or alarm.get("StateReason", "")
        found = f"{alarm['AlarmName']} is on since {since}"
        if self.in_spite_of_alarms:
            todo = "going on in spite of it" + (
                "; ECS may undo the rollout for it" if undoes else ""
            )
            return Finding(Mark.NOTE, found, todo, (description,))
        way = f"make deploy STAGE={stage} IN_SPITE_OF_ALARMS=1"
        if undoes:
            way += (
                ", with rollout.alarms = false in the stage's file, for ECS may undo it otherwise"
            )
        todo = f"do what its section of the runbook says; if this deploy is the remedy: {way}"
        return Finding(Mark.FAILED, found, todo, (description,))


def _undoing(stage: DeployedStage) -> frozenset[str]:
    """The alarms for which ECS rolls a deployment back; also for one that was on before, perhaps.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html does
    not say.
    """
    service = stage.current_service() or {}
    configured = service.get("deploymentConfiguration", {}).get("alarms", {})
    return frozenset(configured.get("alarmNames", ()) if configured.get("enable") else ())


def check_rollout(subject: Subject) -> Iterator[Finding]:
    """ECS is not replacing tasks already: the new rollout would overtake one nobody has judged."""
    stage = _deployed(subject)
    service = stage.current_service()
    if service is None:
        yield Finding(Mark.OK, "no service runs yet")
        return
    wanted = service["deployments"][0]
    revision = wanted["taskDefinition"].rpartition(":")[2]
    counts = f"{wanted['runningCount']} of {wanted['desiredCount']} tasks running"
    if wanted.get("rolloutState") == "IN_PROGRESS":
        yield Finding(
            Mark.FAILED,
            f"revision {revision} is being rolled out, {counts}",
            f"wait for its end (make status STAGE={stage.name}), or take it back: "
            f"make rollback STAGE={stage.name}",
        )
    else:
        yield Finding(Mark.OK, f"none in progress; revision {revision}, {counts}")


def _deployed(subject: Subject) -> DeployedStage:
    return DeployedStage(subject.account, subject.stage.settings.name)


def refused(results: list[Result]) -> list[Result]:
    """Those that stop the deploy."""
    return [result for result in results if result.finding.mark is Mark.FAILED]


def tell(results: list[Result]) -> Iterator[News]:
    """What is not simply all right, and how much is."""
    for result in results:
        finding = result.finding
        if finding.mark is Mark.OK:
            continue
        todo = f"; {finding.todo}" if finding.todo else ""
        facts = {"guard": result.check, "mark": str(finding.mark), "todo": finding.todo}
        at_length = finding.mark is Mark.FAILED or result.check == UPDATE
        lines = finding.details if at_length else ()
        text = f"{result.check}: {finding.found}{todo}"
        yield News("guard", text, _LEVELS[finding.mark], lines=lines, facts=facts)
    good = sum(result.finding.mark is Mark.OK for result in results)
    yield News("guard", f"{good} of {len(results)} checks found nothing to say", Level.DETAIL)
