"""Deploys a stage: guards, the CDK's command line, a watch beside it, a smoke test."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from delivery import changes
from delivery.assemblies import OUT, ROOT, Assembly, working_tree
from delivery.deploying import command_line, guards
from delivery.deploying.aftermath import tell_failure
from delivery.deploying.alarm_watch import AlarmWatch
from delivery.deploying.deployed import DeployedStage
from delivery.deploying.news import Level, News, Teller
from delivery.deploying.outcome import Outcome, result
from delivery.deploying.proving import Proof, prove
from delivery.deploying.rollout import Rollout
from delivery.deploying.stack_events import StackEvents
from delivery.deploying.template_rules import look_at_templates
from delivery.deploying.update_risk import UpdateGuard
from delivery.deploying.watch import POLL_SECONDS, Deadlines, Overdue, Watch
from delivery.endpoint import endpoint_of
from delivery.errors import DeliveryError
from delivery.outputs import outputs_file, url_of_stack
from infra.settings import StageSettings
from infra.stage_files import SettingsError, load_stage
from infra.timeouts import DeployPatience
from operations.account import PATIENT, NoCredentials, open_account
from operations.preflight.finding import Check, Subject
from operations.stage import read_assembly

# A person deploys it: a pipeline must not write the trust that it is let in by.
BY_HAND: Final = frozenset({"Delivery"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for."""

    stage: str
    context: Mapping[str, str] = field(default_factory=dict)
    """As for `cdk -c`."""
    url: str = ""
    grpc_url: str = ""
    """Where the endpoint is asked, when it is not what the stack says."""
    in_spite_of_alarms: bool = False
    import_existing: bool = False
    """Whether resources that are there under the stacks' names are taken into them."""
    accept: tuple[str, ...] = ()
    """Logical ids of what may be replaced or destroyed, though something goes with it for good."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be deployed, and where."""

    wish: Wish
    settings: StageSettings
    assembly: Assembly
    stacks: tuple[str, ...]
    """Ids in the assembly, of those that are deployed."""
    subject: Subject
    done: str = "is deployed"
    """What is said of the stage when it went well."""


def log_file(stage: str) -> Path:
    """All that the command line wrote in the last deploy."""
    return OUT / "logs" / f"deploy-{stage}.log"


def pipeline_stacks(stacks: Iterable[str]) -> list[str]:
    """The stacks that a pipeline deploys; the CLI finds their order."""
    return [name for name in stacks if name not in BY_HAND]


def command(
    stage: str, assembly: Path, stacks: Iterable[str], *, import_existing: bool = False
) -> list[str]:
    """The CLI's words for a deploy of these stacks of an assembly, and no other."""
    return [
        *(str(ROOT / "node_modules/.bin/cdk"), "deploy", *stacks, "--exclusively"),
        *("--app", str(assembly), "--require-approval", "never", "--progress", "events"),
        *("--outputs-file", str(outputs_file(stage)), "--no-notices", "--no-color", "--ci"),
        *(["--import-existing-resources"] if import_existing else []),
    ]


def deploy(wish: Wish, teller: Teller) -> Outcome:
    """Synthesise and deploy every stack but those that a person deploys; raises DeliveryError."""
    plan = make_plan(wish)
    found = look_at_templates(plan.assembly.folder)
    update = UpdateGuard(plan.assembly, plan.stacks, wish.accept)
    asked = guards.Guards(in_spite_of_alarms=wish.in_spite_of_alarms)
    found += asked.look(plan.subject, Check(guards.UPDATE, update.check))
    for news in guards.tell(found):
        teller.tell(news)
    if stopped := guards.refused(found):
        names = ", ".join(dict.fromkeys(item.check for item in stopped))
        text = f"refused by {names}; nothing was changed"
        teller.tell(result(Outcome.REFUSED, text, Level.BAD, guards=names.split(", ")))
        return Outcome.REFUSED
    return carry_out(plan, teller)


def make_plan(wish: Wish) -> Plan:
    """Synthesise; raises DeliveryError."""
    tree = working_tree()
    tree.require(wish.stage)
    try:
        settings = load_stage(wish.stage, dict(wish.context))
        account = open_account(PATIENT)
    except (SettingsError, NoCredentials) as error:
        raise DeliveryError(str(error)) from None
    assembly = tree.synthesise(wish.stage, OUT / "deploy" / wish.stage, context=wish.context)
    subject = Subject(
        read_assembly(assembly.folder, settings=settings),
        account,
        imports_existing=wish.import_existing,
    )
    stacks = tuple(pipeline_stacks(assembly.templates))
    return Plan(wish, settings, assembly, stacks, subject)


def carry_out(plan: Plan, teller: Teller) -> Outcome:
    """Deploy, watch, and prove; on failure say where things stand and what to read."""
    began = time.monotonic()
    watch = watch_of(plan, teller)
    watch.mark()
    try:
        finished = _run(plan, watch, teller)
    except Overdue as error:
        return _leave(plan, teller, Outcome.OVERDUE, str(error))
    except KeyboardInterrupt:
        return _leave(plan, teller, Outcome.INTERRUPTED, "interrupted")
    seconds = time.monotonic() - began
    if finished.status:
        stage = DeployedStage(plan.subject.account, plan.wish.stage)
        log = log_file(plan.wish.stage)
        for news in tell_failure(stage, watch, reasons=finished.reasons, log=log):
            teller.tell(news)
        text = f"it failed after {seconds:.0f} s"
        teller.tell(result(Outcome.FAILED, text, Level.BAD, seconds=round(seconds)))
        return Outcome.FAILED
    text = f"{plan.wish.stage} {plan.done} after {seconds:.0f} s"
    return prove_it(plan, teller, text, seconds=round(seconds))


def watch_of(plan: Plan, teller: Teller) -> Watch:
    """What is looked at beside the command line."""
    stage = DeployedStage(plan.subject.account, plan.wish.stage)
    names = {
        key: changes.readable(key, body)
        for template in plan.assembly.templates.values()
        for key, body in template.get("Resources", {}).items()
    }
    stacks = [plan.assembly.stack_names[name] for name in plan.stacks]
    patience = DeployPatience(plan.settings.budget, plan.settings.rollout.planned_minutes)
    return Watch(
        stacks=StackEvents(plan.subject.account, stacks, names),
        rollout=Rollout(stage),
        alarms=AlarmWatch(stage),
        teller=teller,
        deadlines=Deadlines(patience.rollout_seconds, patience.whole_seconds),
    )


def _run(plan: Plan, watch: Watch, teller: Teller) -> command_line.Finished:
    outputs_file(plan.wish.stage).parent.mkdir(parents=True, exist_ok=True)
    finished = command_line.run(
        command(
            plan.wish.stage,
            plan.assembly.folder,
            plan.stacks,
            import_existing=plan.wish.import_existing,
        ),
        log=log_file(plan.wish.stage),
        tell=lambda line: teller.tell(News("cdk", line, Level.DETAIL)),
        meanwhile=watch.poll,
        every_seconds=POLL_SECONDS,
    )
    watch.poll()
    # The command line waits for a rollback, unless its own credentials end before.
    while watch.stacks.busy:
        time.sleep(POLL_SECONDS)
        watch.poll()
    return finished


def _leave(plan: Plan, teller: Teller, outcome: Outcome, why: str) -> Outcome:
    stage = plan.wish.stage
    text = f"{why}; AWS goes on: make status STAGE={stage}, or make rollback STAGE={stage}"
    lines = ("read: docs/runbook.md#a-rollout-hangs",)
    teller.tell(replace(result(outcome, text, Level.BAD), lines=lines))
    return outcome


def prove_it(plan: Plan, teller: Teller, text: str, **facts: object) -> Outcome:
    """The smoke test as the last step; `text` says what went well until here."""
    stage = plan.wish.stage
    try:
        url = plan.wish.url or url_of_stack(DeployedStage(plan.subject.account, stage))
    except DeliveryError as error:
        teller.tell(News("smoke", str(error), Level.BAD))
        url, proof = "", Proof.FAILED
    else:
        proof = prove(endpoint_of(plan.settings, url, plan.wish.grpc_url), teller, stage=stage)
    facts |= {"smoke": str(proof), "url": url}
    if proof is Proof.FAILED:
        text = f"{text}, but the smoke test failed; to go back: make rollback STAGE={stage}"
        teller.tell(result(Outcome.SMOKE_FAILED, text, Level.BAD, **facts))
        return Outcome.SMOKE_FAILED
    level = Level.GOOD if proof is Proof.COMPLETE else Level.WARNING
    teller.tell(result(Outcome.DONE, f"{text}; smoke test {proof}", level, **facts))
    return Outcome.DONE
