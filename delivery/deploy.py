"""Deploys a stage: guards, the CDK's command line, a watch beside it, a smoke test."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from delivery import changes
from delivery.assemblies import ROOT, Assembly, shown, working_tree
from delivery.deploying import command_line, guards
from delivery.deploying.aftermath import how_it_goes_on, tell_failure, tell_standing
from delivery.deploying.alarm_watch import AlarmWatch
from delivery.deploying.command_line import Finished
from delivery.deploying.deployed import DeployedStage
from delivery.deploying.ending import interruption
from delivery.deploying.news import BEGIN, Level, News, Teller
from delivery.deploying.outcome import Outcome, result
from delivery.deploying.proving import Proof, bad, prove
from delivery.deploying.rollout import Rollout
from delivery.deploying.runs import Run, new_run
from delivery.deploying.stack_events import StackEvents
from delivery.deploying.stack_looks import Look
from delivery.deploying.template_rules import look_at_templates
from delivery.deploying.update_risk import UpdateGuard
from delivery.deploying.watch import POLL_SECONDS, Deadlines, Overdue, Watch
from delivery.endpoint import endpoint_of
from delivery.errors import DeliveryError
from delivery.outputs import outputs_file, url_of_stack
from infra.settings import StageSettings
from infra.stage_files import SettingsError, load_stage
from operations.account import PATIENT, Account, CouldNotAsk, NoCredentials, open_account
from operations.preflight.finding import Check, Subject
from operations.preflight.run import Result
from operations.stage import read_assembly

# A person deploys it: a pipeline must not write the trust that it is let in by.
BY_HAND: Final = frozenset({"Delivery"})
# Looks in a row that show nothing, before it is left at that.
TRIES: Final = 3


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
    run: Run
    done: str = "is deployed"
    """What is said of the stage when it went well."""
    remedy: str = ""
    """What to do where the smoke test fails, if it is not to go back."""


def pipeline_stacks(stacks: Iterable[str]) -> list[str]:
    """The stacks that a pipeline deploys; the CLI finds their order."""
    return [name for name in stacks if name not in BY_HAND]


def command(plan: Plan) -> list[str]:
    """The CLI's words for a deploy of these stacks of an assembly, and no other."""
    outputs = outputs_file(plan.wish.stage)
    return [
        *(str(ROOT / "node_modules/.bin/cdk"), "deploy", *plan.stacks, "--exclusively"),
        *("--app", str(plan.assembly.folder), "--change-set-name", plan.run.name),
        *("--require-approval", "never", "--progress", "events"),
        *("--outputs-file", str(outputs), "--no-notices", "--no-color", "--ci"),
        *(["--import-existing-resources"] if plan.wish.import_existing else []),
    ]


def deploy(wish: Wish, teller: Teller) -> Outcome:
    """Synthesise and deploy every stack but those that a person deploys; raises DeliveryError."""
    with new_run("deploy", wish.stage) as run:
        teller.tell(News("step", f"synthesises stage {wish.stage}"))
        plan = make_plan(wish, run)
        teller.tell(News("step", "asks what stands in the way"))
        found = _look(plan)
        for news in guards.tell(found):
            teller.tell(news)
        if stopped := guards.refused(found):
            names = list(dict.fromkeys(item.check for item in stopped))
            text = f"refused by {', '.join(names)}; nothing was changed"
            teller.tell(result(Outcome.REFUSED, text, Level.BAD, guards=names))
            return Outcome.REFUSED
        return carry_out(plan, teller)


def _look(plan: Plan) -> list[Result]:
    update = UpdateGuard(plan.assembly, plan.stacks, plan.wish.accept)
    asked = guards.Guards(in_spite_of_alarms=plan.wish.in_spite_of_alarms)
    found = look_at_templates(plan.assembly.folder)
    return found + asked.look(plan.subject, Check(guards.UPDATE, update.check))


def open_stage(wish: Wish) -> tuple[StageSettings, Account]:
    """What the stage's file says, and the account of the credentials; raises DeliveryError."""
    working_tree().require(wish.stage)
    try:
        return load_stage(wish.stage, dict(wish.context)), open_account(PATIENT)
    except SettingsError as error:
        raise DeliveryError(str(error)) from None
    except NoCredentials as error:
        raise DeliveryError(f"{error}; {error.todo}") from None


def make_plan(wish: Wish, run: Run) -> Plan:
    """Synthesise; raises DeliveryError."""
    settings, account = open_stage(wish)
    tree = working_tree()
    assembly = tree.synthesise(wish.stage, run.folder / "assembly", context=wish.context)
    subject = Subject(
        read_assembly(assembly.folder, settings=settings),
        account,
        imports_existing=wish.import_existing,
    )
    stacks = tuple(pipeline_stacks(assembly.templates))
    return Plan(wish, settings, assembly, stacks, subject, run)


def carry_out(plan: Plan, teller: Teller) -> Outcome:
    """Deploy, watch, and prove; on failure say where things stand and what to read."""
    watch = watch_of(plan, teller, change_set=plan.run.name)
    watch.mark()
    log = shown(plan.run.log)
    teller.tell(beginning(plan, f"deploys {', '.join(plan.stacks)}", log=log))
    began = time.monotonic()
    try:
        finished = _run(plan, watch, teller)
        seconds = round(time.monotonic() - began)
        if finished.status:
            return _fail(plan, watch, teller, finished, seconds=seconds)
    except Overdue as error:
        return leave(plan, watch, teller, Outcome.OVERDUE, str(error))
    except KeyboardInterrupt as error:
        return leave(plan, watch, teller, Outcome.INTERRUPTED, interruption(error))
    text = f"{plan.wish.stage} {plan.done} after {seconds} s"
    remedy = plan.remedy or f"to go back: make rollback STAGE={plan.wish.stage}"
    return prove_it(plan, teller, text, remedy=remedy, seconds=seconds)


def beginning(plan: Plan, what: str, *, log: str | None) -> News:
    """After this AWS is not any more as it was. `log` is the CDK's, where it has a part in it."""
    account = plan.subject.account
    try:
        number = (account.ask("sts", "GetCallerIdentity") or {}).get("Account")
    except CouldNotAsk:
        number = None
    facts = {
        "account": number,
        "region": account.region,
        "stacks": [plan.assembly.stack_names[name] for name in plan.stacks],
        "change_set": plan.run.name if log else None,
        "log": log,
    }
    text = f"{what}, in {number or 'an account that is not seen'}, {account.region}"
    lines = (f"all that the CDK says: {log}",) if log else ()
    return News(BEGIN, text, lines=lines, facts=facts)


def watch_of(plan: Plan, teller: Teller, *, change_set: str = "") -> Watch:
    """What is looked at beside the command line; `change_set` is the name of those of ours."""
    stage = DeployedStage(plan.subject.account, plan.wish.stage)
    names = {
        key: changes.readable(key, body)
        for template in plan.assembly.templates.values()
        for key, body in template.get("Resources", {}).items()
    }
    stacks = [plan.assembly.stack_names[name] for name in plan.stacks]
    patience = plan.settings.patience
    events = StackEvents(plan.subject.account, stacks, names, change_set=change_set)
    return Watch(
        stacks=events,
        rollout=Rollout(stage),
        alarms=AlarmWatch(stage),
        teller=teller,
        deadlines=Deadlines(patience.rollout_seconds, patience.whole_seconds),
    )


def _run(plan: Plan, watch: Watch, teller: Teller) -> Finished:
    outputs_file(plan.wish.stage).parent.mkdir(parents=True, exist_ok=True)
    finished = command_line.run(
        command(plan),
        log=plan.run.log,
        tell=lambda line: teller.tell(News("cdk", line, Level.DETAIL)),
        meanwhile=watch.poll,
        every_seconds=POLL_SECONDS,
    )
    watch.poll()
    return finished


def _fail(plan: Plan, watch: Watch, teller: Teller, finished: Finished, *, seconds: int) -> Outcome:
    stage = plan.wish.stage
    looks = _await_end(watch)
    for news in tell_failure(stage, watch, looks, reasons=finished.reasons, log=plan.run.log):
        teller.tell(news)
    outcome, text = Outcome.FAILED, f"it failed after {seconds} s"
    if any(look.unseen for look in looks):
        outcome, text = Outcome.UNSEEN, f"{text}; {how_it_goes_on(looks, stage=stage)}"
    teller.tell(result(outcome, text, Level.BAD, seconds=seconds))
    return outcome


def _await_end(watch: Watch) -> list[Look]:
    """The command line waits for a rollback, unless its own credentials end before."""
    unseen = 0
    while True:
        watch.poll()
        looks = watch.stacks.looks.look()
        unseen = unseen + 1 if any(look.unseen for look in looks) else 0
        goes_on = any(look.goes_on and look.is_ours for look in looks)
        if unseen == TRIES or not (unseen or goes_on):
            watch.poll()
            return looks
        time.sleep(POLL_SECONDS)


def leave(plan: Plan, watch: Watch, teller: Teller, outcome: Outcome, why: str) -> Outcome:
    """Before AWS has come to an end: it does without us."""
    stage = plan.wish.stage
    looks = watch.stacks.looks.look()
    for news in tell_standing(looks, stage=stage):
        teller.tell(news)
    goes_on = any(look.goes_on and look.is_ours for look in looks)
    lines = ("read: docs/runbook.md#a-rollout-hangs",) if goes_on else ()
    text = f"{why}; {how_it_goes_on(looks, stage=stage)}"
    teller.tell(result(outcome, text, Level.BAD, lines=lines))
    return outcome


def prove_it(plan: Plan, teller: Teller, text: str, *, remedy: str, **facts: Any) -> Outcome:
    """The smoke test as the last step; `text` says what went well until here."""
    try:
        proof, url = _prove(plan, teller)
    except KeyboardInterrupt as error:
        text = f"{text}; the smoke test was {interruption(error)}"
        teller.tell(result(Outcome.INTERRUPTED, text, Level.BAD, **facts))
        return Outcome.INTERRUPTED
    facts |= {"smoke": str(proof), "url": url}
    if proof is Proof.FAILED:
        text = f"{text}, but the smoke test failed; {remedy}"
        teller.tell(result(Outcome.SMOKE_FAILED, text, Level.BAD, **facts))
        return Outcome.SMOKE_FAILED
    level = Level.GOOD if proof is Proof.COMPLETE else Level.WARNING
    teller.tell(result(Outcome.DONE, f"{text}; smoke test {proof}", level, **facts))
    return Outcome.DONE


def _prove(plan: Plan, teller: Teller) -> tuple[Proof, str]:
    """What it showed, and of which address."""
    stage = plan.wish.stage
    try:
        url = plan.wish.url or url_of_stack(DeployedStage(plan.subject.account, stage))
    except DeliveryError as error:
        teller.tell(bad(str(error)))
        return Proof.FAILED, ""
    return prove(endpoint_of(plan.settings, url, plan.wish.grpc_url), teller, stage=stage), url
