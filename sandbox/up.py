"""`make up`: AWS, bootstrap, deploy, tasks and a key; a second run rolls out what has changed."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from . import key as keys
from .certificate import ensure_certificate
from .deploy import Cdk
from .down import AWS, RUNNER, sweep_tasks
from .form import FORM, Form, choose_form
from .preflight import check_sandbox
from .processes import ProcessTable, listens, wait_until
from .progress import Progress
from .rollouts import retry_failed_rollouts, wait_for_tasks
from .state import (
    REGION,
    Ports,
    SandboxError,
    Settings,
    State,
    aws_endpoint,
    speed_from_environment,
    use_sandbox,
)
from .summary import tell

AWS_SECONDS = 60
RETRY_SECONDS = 10
"""Until the runner has taken up a rollout that is tried again."""
FIRST_KEY = "make-up"


@dataclass(frozen=True)
class Wish:
    """What the command line asks for."""

    program: str
    stage: str
    dockerfile: Path | None
    source: Path | None
    """The folder whose content the processes run: its hash is their image's tag."""


def up(state: State, wish: Wish) -> None:
    """Bring the sandbox to the state of the checkout; raises SandboxError."""
    try:
        _up(state, wish)
    except (BotoCoreError, ClientError) as error:
        raise SandboxError(
            f"The sandbox's AWS failed: {error}; read {state.logs / f'{AWS}.log'}, run "
            "`make down`, then `make up`."
        ) from error


def _up(state: State, wish: Wish) -> None:
    progress = Progress()
    progress.console.print(f"[bold]Sandbox, stage {wish.stage}[/]")
    ports = Ports.from_environment(dict(os.environ))
    speed = speed_from_environment(dict(os.environ))
    use_sandbox(ports.aws)
    state.prepare()
    with progress.phase("Checks") as phase:
        form = choose_form(wish.dockerfile, _form_kept(state) | dict(os.environ))
        check_sandbox(state, Settings(ports, form.name, wish.program, wish.stage, speed))
        phase.outcome = f"tasks run as {'containers' if form.containers else 'processes'}"
    _start_aws(state, ports, progress)
    retried = _deploy(state, ports, form, wish, progress)
    api_key = _ensure_key(state, wish, progress)  # before the tasks, which read it as they start
    _start_tasks(state, form, wish, progress, speed=speed, retried=retried)
    state.save_endpoints(ports, api_key)
    tell(progress, ports, form, api_key, state, speed)


def _form_kept(state: State) -> dict[str, str]:
    """A running sandbox keeps its form, whatever has become of Docker since."""
    settings = state.settings()
    if settings is None or ProcessTable(state).pid(RUNNER) is None:
        return {}
    return {FORM: settings.form}


# AWS.


def _start_aws(state: State, ports: Ports, progress: Progress) -> None:
    with progress.phase("AWS on this machine (moto)") as phase:
        table = ProcessTable(state)
        phase.outcome = aws_endpoint(ports.aws)
        if table.pid(AWS) is None:
            state.endpoints.unlink(missing_ok=True)
            command = [sys.executable, "-m", "sandbox", "serve-aws", "--port", str(ports.aws)]
            table.start(AWS, command, environment=dict(os.environ))
        _wait_for_listener(table, ports.aws, state)


def _wait_for_listener(table: ProcessTable, port: int, state: State) -> None:
    def listening() -> bool:
        if table.pid(AWS) is None:
            raise SandboxError(f"The sandbox's AWS ended; read {state.logs / f'{AWS}.log'}.")
        return listens(port)

    if not wait_until(listening, seconds=AWS_SECONDS):
        raise SandboxError(
            f"The sandbox's AWS did not listen on port {port} within {AWS_SECONDS} s; "
            f"read {state.logs / f'{AWS}.log'}."
        )


# Deploy.


def _deploy(state: State, ports: Ports, form: Form, wish: Wish, progress: Progress) -> bool:
    """Whether a rollout that had failed is tried again."""
    cdk = Cdk(state, ports, stage=wish.stage)
    if not _bootstrapped():
        with progress.phase("cdk bootstrap") as phase:
            cdk.bootstrap(phase)
    with progress.phase("cdk deploy --all") as phase:
        context = {"certificate_arn": ensure_certificate(region=REGION)}
        if form.containers:
            context |= {"base_image": str(form.base_image)}
        else:
            context |= {"image": process_image(state, wish)}
        cdk.deploy(context, phase)
        return retry_failed_rollouts()


def _bootstrapped() -> bool:
    stacks = boto3.client("cloudformation").describe_stacks()["Stacks"]
    made = [item["StackStatus"] for item in stacks if item["StackName"] == "CDKToolkit"]
    return made in (["CREATE_COMPLETE"], ["UPDATE_COMPLETE"])


def process_image(state: State, wish: Wish) -> str:
    """A name for what no registry holds: the program, tagged by its content like an asset."""
    content = hashlib.sha256(wish.program.encode())
    if wish.source is not None:
        for path in sorted((state.root / wish.source).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                content.update(str(path.relative_to(state.root)).encode() + path.read_bytes())
    return f"sandbox.local/process:{content.hexdigest()[:16]}"


# Tasks.


def _start_tasks(
    state: State, form: Form, wish: Wish, progress: Progress, *, speed: float, retried: bool
) -> None:
    with progress.phase("Tasks") as phase:
        table = ProcessTable(state)
        if table.pid(RUNNER) is None:
            sweep_tasks(state)
            state.status.unlink(missing_ok=True)  # what AWS says of tasks is of another runner
            command = [sys.executable, "-m", "sandbox", "run-tasks", "--form", form.name]
            command += ["--program", wish.program, "--speed", str(speed)]
            table.start(RUNNER, command, environment=dict(os.environ))
        patience = RETRY_SECONDS if retried else 0
        phase.outcome = wait_for_tasks(state, table, phase, patience_seconds=patience)


# The key.


def _ensure_key(state: State, wish: Wish, progress: Progress) -> str:
    """The key in endpoints.json while the deployed secret accepts it; else a new one."""
    with progress.phase("API key") as phase:
        client = boto3.client("secretsmanager")
        secret = keys.find_secret(wish.stage)
        known = (state.read(state.endpoints) or {}).get("api_key")
        if known and keys.holds_key(client, secret, known):
            phase.outcome = "the one of the last time"
            return str(known)
        phase.outcome = f"made, named {FIRST_KEY}"
        if ProcessTable(state).pid(RUNNER) is not None:
            phase.outcome += "; running tasks read it at their next poll"
        return keys.add_key(client, secret, FIRST_KEY, replace=True)
