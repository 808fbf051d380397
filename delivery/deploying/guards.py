"""What stops a deploy before it changes anything: preflight's checks, a rollout, a firing alarm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from delivery.deploying.deployed import DeployedStage, revision_of
from delivery.deploying.news import Level, News
from delivery.deploying.rollout import in_progress
from delivery.deploying.stage_alarms import FIRING, stage_alarms
from delivery.errors import DeliveryError
from operations.account import CouldNotAsk
from operations.preflight.finding import Check, Finding, Mark, Subject
from operations.preflight.run import CREDENTIALS, PLACE, Result, run_check, run_checks

UPDATE: Final = "update"
"""The guard that grades what the deploy would do: its table is shown also where all is well."""

# Of these a deploy has to be sure: where they are not known, it may be somebody else's account, or
# lose for good what nobody has accepted to lose.
MUST_BE_KNOWN: Final = frozenset({CREDENTIALS.name, PLACE.name, UPDATE})


@dataclass(frozen=True, slots=True)
class Guards:
    """All that is asked before a deploy. Whatever fails is told, not only the first."""

    in_spite_of_alarms: bool = False

    def look(self, subject: Subject, *others: Check) -> list[Result]:
        """Preflight's results, those about what runs now, and those of other checks."""
        own = Check("rollout", check_rollout), Check("alarms", self.check_alarms)
        return run_checks(subject, *own, *others)

    def check_alarms(self, subject: Subject) -> Iterator[Finding]:
        """No alarm of the stage's own is on: a deploy would hide what it tells, or fail by it."""
        stage = _deployed(subject)
        alarms = stage_alarms(stage)
        firing = [alarm for alarm in alarms if alarm["StateValue"] == FIRING]
        if not alarms:
            yield Finding(Mark.OK, "the stage has none")
        elif not firing:
            yield Finding(Mark.OK, f"none of {len(alarms)} is on")
        if not firing:
            return
        undoing, unseen = _undoing(stage)
        for alarm in firing:
            yield self._finding(alarm, stage.name, undoes=alarm["AlarmName"] in undoing)
        if unseen:
            yield Finding(Mark.UNKNOWN, f"whether ECS would undo the rollout for it: {unseen}")

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


def _undoing(stage: DeployedStage) -> tuple[frozenset[str], str]:
    """The alarms for which ECS rolls a deployment back, or why they cannot be seen.

    Also for one that was on before, perhaps:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html does
    not say.
    """
    try:
        service = stage.current_service() or {}
    except CouldNotAsk as error:
        return frozenset(), str(error)
    configured = service.get("deploymentConfiguration", {}).get("alarms", {})
    return frozenset(configured.get("alarmNames", ()) if configured.get("enable") else ()), ""


def check_rollout(subject: Subject) -> Iterator[Finding]:
    """ECS is not replacing tasks already: the new rollout would overtake one nobody has judged."""
    stage = _deployed(subject)
    service = stage.current_service()
    if service is None:
        yield Finding(Mark.OK, "no service runs yet")
        return
    wanted = service["deployments"][0]
    revision = revision_of(wanted["taskDefinition"])
    counts = f"{wanted['runningCount']} of {wanted['desiredCount']} tasks running"
    if in_progress(wanted):
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


def require_place(subject: Subject) -> None:
    """Raises DeliveryError unless this is known to be the account that is meant.

    A rollback is made when alarms fire: nothing else may stop it.
    """
    for result in refused([*run_check(CREDENTIALS, subject), *run_check(PLACE, subject)]):
        todo = f"; {result.finding.todo}" if result.finding.todo else ""
        raise DeliveryError(f"{result.check}: {result.finding.found}{todo}")


def refused(results: list[Result]) -> list[Result]:
    """Those that stop the deploy."""
    return [result for result in results if _stops(result)]


def _stops(result: Result) -> bool:
    """What could not be looked at stops nothing, but for what has to be known."""
    mark = result.finding.mark
    return mark is Mark.FAILED or (mark is Mark.UNKNOWN and result.check in MUST_BE_KNOWN)


def tell(results: list[Result]) -> Iterator[News]:
    """What is not simply all right, and how much is."""
    for result in results:
        finding = result.finding
        if finding.mark is Mark.OK:
            continue
        stops = _stops(result)
        todo = f"; {finding.todo}" if finding.todo else ""
        facts = {"guard": result.check, "mark": str(finding.mark), "stops": stops}
        facts["todo"] = finding.todo
        lines = finding.details if stops or result.check == UPDATE else ()
        text = f"{result.check}: {finding.found}{todo}"
        level = Level.BAD if stops else Level.WARNING
        yield News("guard", text, level, lines=lines, facts=facts)
    good = sum(result.finding.mark is Mark.OK for result in results)
    text = f"{good} of {len(results)} checks found nothing to say"
    yield News("guards", text, Level.DETAIL, facts={"passed": good, "asked": len(results)})
