"""`make status STAGE=...`: how a stage in AWS stands, for a person or a program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from delivery.assemblies import OUT
from delivery.deploying.deployed import DeployedStage
from delivery.deploying.news import Generation
from delivery.deploying.outcome import Outcome
from delivery.deploying.redaction import without_secrets
from delivery.deploying.stage_alarms import FIRING
from delivery.deploying.standing import Standing, TargetGroup, ailments, look_at
from delivery.errors import DeliveryError
from infra.stage_files import SettingsError
from operations.account import PATIENT, CouldNotAsk, NoCredentials, open_account
from operations.place import WrongPlace, refuse_elsewhere

_SHOWN_DIGEST: Final = 19
"""Of `sha256:` and what follows: as Docker's own short form."""

Row = tuple[str, str]


def status(stage: str, *, as_json: bool, ask_cost: bool, console: Console) -> Outcome:
    """Look, and tell; `UNWELL` where something asks for somebody.

    Raises DeliveryError, which as JSON is a document too.
    """
    try:
        standing = _look(stage, ask_cost=ask_cost)
    except DeliveryError as error:
        if not as_json:
            raise
        print(without_secrets(json.dumps({"error": str(error)})))
        return Outcome.FAILED
    if as_json:
        print(without_secrets(as_document(standing)))
    elif standing.stacks:
        show(standing, console)
    else:
        raise DeliveryError(
            f"STAGE: got '{stage}', of which nothing is deployed in {_place(standing)}"
        )
    if not standing.stacks:
        return Outcome.FAILED
    return Outcome.UNWELL if ailments(standing) else Outcome.DONE


def _look(stage: str, *, ask_cost: bool) -> Standing:
    """Raises DeliveryError where nothing can be seen."""
    try:
        account = open_account(PATIENT)
        refuse_elsewhere(stage, account)
        keep = OUT / "status" / f"cost-{stage}.json"
        return look_at(DeployedStage(account, stage), keep_cost_in=keep, ask_cost=ask_cost)
    except (WrongPlace, SettingsError) as error:
        raise DeliveryError(str(error)) from None
    except NoCredentials as error:
        raise DeliveryError(f"status: {error}; {error.todo}") from None
    except CouldNotAsk as error:
        raise DeliveryError(f"status: {error}") from None


def as_document(standing: Standing) -> str:
    """One JSON document."""
    ill = ailments(standing)
    content = asdict(standing) | {"well": not ill, "ailments": ill}
    return json.dumps(content, indent=2, default=str)


def show(standing: Standing, console: Console) -> None:
    """A table in a terminal, a line for each row elsewhere."""
    rows = [(name, without_secrets(text)) for name, text in _rows(standing)]
    if console.is_terminal:
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for name, text in rows:
            table.add_row(name, _coloured(name, text))
        console.print(table)
    else:
        for name, text in rows:
            console.print(f"{name:<10} {text}", markup=False, soft_wrap=True)


def _coloured(name: str, text: str) -> str:
    bad = "_FAILED" in text or "ROLLBACK" in text or (name == "alarms" and " ON" in text)
    colour = "red" if bad or name in ("unseen", "not well") else ""
    return f"[{colour}]{escape(text)}[/]" if colour else escape(text)


def _rows(standing: Standing) -> Iterator[Row]:
    yield "stage", f"{standing.stage} in {_place(standing)}"
    for name, state in standing.stacks.items():
        yield "stack", f"{name}: {state}"
    if standing.deployed_at:
        yield "deployed", f"{standing.deployed_at:%F %H:%M} UTC"
    if standing.update_began_at:
        yield "update", f"begun {standing.update_began_at:%F %H:%M} UTC, and did not go through"
    if standing.endpoint:
        yield "endpoint", standing.endpoint
    yield from _rows_of_service(standing)
    if standing.alarms is not None:
        yield "alarms", _alarms(standing)
    if standing.cost:
        yield "cost", standing.cost.told
    for part in standing.unseen:
        yield "unseen", part
    ill = ailments(standing)
    for ailment in ill:
        yield "not well", ailment
    if not ill:
        yield "well", "nothing asks for anybody"


def _place(standing: Standing) -> str:
    return f"{standing.account or '?'}, {standing.region or '?'}"


def _rows_of_service(standing: Standing) -> Iterator[Row]:
    if standing.generations is None:
        return
    yield "service", f"{standing.service}: {standing.desired} tasks wanted"
    for generation in standing.generations:
        yield "tasks", _tasks(generation)
    if standing.image:
        pulled = ", ".join(digest[:_SHOWN_DIGEST] for digest in standing.image.digests)
        digest = f" ({pulled})" if pulled else ""
        tag = f":{standing.image.tag}" if standing.image.tag else ""
        yield "image", f"{standing.image.name}{tag}{digest}"
    if standing.model:
        yield "model", f"{standing.model['name']} ({standing.model['path']})"
    if standing.shift:
        yield "requests", standing.shift
    for group in standing.targets or ():
        yield "targets", _targets(group)


def _targets(group: TargetGroup) -> str:
    counted = ", ".join(f"{count} {state}" for state, count in group.states.items())
    share = "" if group.percent is None else f", {group.percent:g} % of the requests"
    return f"port {group.port}, {group.name}: {counted or 'none'}{share}"


def _tasks(item: Generation) -> str:
    wanted = item.role == "PRIMARY"
    parts = [f"{item.running} of {item.desired} running" if wanted else f"{item.running} running"]
    parts += [f"{item.pending} pending"] if item.pending else []
    parts += [f"{item.failed} failed"] if item.failed else []
    what = item.rollout if wanted else "being replaced"
    return f"revision {item.revision}: {', '.join(parts)}, {what}"


def _alarms(standing: Standing) -> str:
    states = standing.alarms or {}
    if not states:
        return "the stage has none"
    on = [name for name, state in states.items() if state == FIRING]
    told = f"{len(states)}, none is on" if not on else f"{len(on)} of {len(states)} ON: "
    return told + ", ".join(on)
