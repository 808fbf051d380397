"""The command line: up, down, status, a stage's keys; `up` starts `serve-aws` and `run-tasks`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .state import Ports, SandboxError, State, use_sandbox

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run one verb; errors are one sentence on standard error."""
    arguments = _parser().parse_args()
    try:
        status: int = arguments.run(arguments, State(ROOT))
    except SandboxError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; `make up` goes on from here, `make down` stops it.", file=sys.stderr)
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    up = verbs.add_parser("up", help="start the sandbox, or bring a running one up to date")
    up.add_argument("--program", required=True, help="what a task runs where it is a process")
    up.add_argument("--stage", default="local", help="the stage to deploy")
    up.add_argument(
        "--dockerfile", type=Path, help="names the base image where tasks are containers"
    )
    up.add_argument("--source", type=Path, help="the folder whose changes start new processes")
    up.set_defaults(run=_up)

    verbs.add_parser("down", help="stop everything").set_defaults(run=_down)
    verbs.add_parser("status", help="show the tasks").set_defaults(run=_status)

    _add_key_verbs(verbs)

    aws = verbs.add_parser("serve-aws", help="(internal) the AWS server")
    aws.add_argument("--port", type=int, required=True)
    aws.set_defaults(run=_serve_aws)

    tasks = verbs.add_parser("run-tasks", help="(internal) the runner of tasks")
    tasks.add_argument("--form", choices=["process", "container"], required=True)
    tasks.add_argument("--program", required=True)
    tasks.add_argument("--speed", type=float, default=1.0)
    tasks.set_defaults(run=_run_tasks)
    return parser


def _add_key_verbs(verbs: Any) -> None:
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--stage", default="local", help="the stage whose endpoint they open")
    where.add_argument(
        "--secret", help="the secret's ARN; by default the stage's stack output names it"
    )
    key = verbs.add_parser("key", parents=[where], help="make an API key")
    key.add_argument("name", help="who or what will use it")
    key.add_argument("--expires", default="", help="in so many days, or its last day: 2027-12-31")
    key.add_argument("--requests-per-minute", default="", help="in each task; by default no limit")
    key.add_argument("--tokens-per-minute", default="", help="in each task; by default no limit")
    key.set_defaults(run=_key)

    verbs.add_parser("keys", parents=[where], help="list the API keys").set_defaults(run=_keys)

    remove = verbs.add_parser("key-remove", parents=[where], help="take an API key away")
    remove.add_argument("name", help="the name that it was made with")
    remove.set_defaults(run=_key_remove)


# Each verb imports what it needs: moto alone takes two seconds.


def _up(arguments: argparse.Namespace, state: State) -> int:
    from .up import Wish, up

    wish = Wish(arguments.program, arguments.stage, arguments.dockerfile, arguments.source)
    up(state, wish)
    return 0


def _down(_: argparse.Namespace, state: State) -> int:
    from .down import down

    print(down(state))
    return 0


def _status(_: argparse.Namespace, state: State) -> int:
    status = state.read(state.status)
    if status is None:
        raise SandboxError("No sandbox is running; run `make up`.")
    for service in status["services"]:
        print(f"{service['name']}: {len(service['tasks'])} tasks, {service['desired']} wanted")
        for task in service["tasks"]:
            health = "healthy" if task["healthy"] else "not healthy"
            revision = task["task_definition"].rpartition(":")[2]
            print(
                f"  {task['name']}  pid {task['pid']}  {task['state']}, {health}, revision "
                f"{revision}, {task['connections']} connections"
            )
    return 0


def _key(arguments: argparse.Namespace, state: State) -> int:
    from .key import add_key, secrets_manager
    from .terms import terms

    wanted = terms(
        arguments.expires,
        arguments.requests_per_minute,
        arguments.tokens_per_minute,
        now=datetime.now(UTC),
    )
    secret = _secret(arguments, state)
    with secrets_manager() as client:
        made = add_key(client, secret, arguments.name, terms=wanted)
    print(f"{made}\n\nThis is the only time it is shown: only its hash is stored.")
    print(wanted.sentence())
    return 0


def _keys(arguments: argparse.Namespace, state: State) -> int:
    from .key import secrets_manager, table

    secret = _secret(arguments, state)
    with secrets_manager() as client:
        print(table(client, secret, now=datetime.now(UTC)))
    return 0


def _key_remove(arguments: argparse.Namespace, state: State) -> int:
    from .key import remove_key, secrets_manager

    secret = _secret(arguments, state)
    with secrets_manager() as client:
        remove_key(client, secret, arguments.name)
    print(f"{arguments.name} is removed; running tasks take it until they read the keys again.")
    return 0


def _secret(arguments: argparse.Namespace, state: State) -> str:
    """The ARN of the stage's secret, in the sandbox where that stage runs in it, else in AWS."""
    from .key import find_secret

    settings = state.settings()
    if settings is not None and state.runs(arguments.stage):
        use_sandbox(settings.ports.aws)
    elif arguments.stage == "local" and arguments.secret is None:
        raise SandboxError("No sandbox is running; run `make up`, or name a stage in AWS.")
    else:
        _refuse_elsewhere(arguments.stage)
    return arguments.secret or find_secret(arguments.stage)


def _refuse_elsewhere(stage: str) -> None:
    """Keys of a stage in AWS belong into its own account: a program of its own looks there.

    This one knows no stage's settings.
    """
    words = [sys.executable, "-m", "operations.place", "--stage", stage]
    looked = subprocess.run(words, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
    if looked.returncode:
        raise SandboxError(looked.stderr.strip())


def _serve_aws(arguments: argparse.Namespace, _: State) -> int:
    from .aws import serve

    serve(arguments.port)
    return 0


def _run_tasks(arguments: argparse.Namespace, state: State) -> int:
    # gRPC reads it at import; else it writes a line at each start of a task.
    os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"
    from .runner.agent import Agent
    from .runner.container import ContainerLauncher
    from .runner.launch import Launcher
    from .runner.process import ProcessLauncher

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    ports = Ports.from_environment(dict(os.environ))
    launcher: Launcher
    if arguments.form == "container":
        launcher = ContainerLauncher(str(state.folder))
    else:
        launcher = ProcessLauncher(shlex.split(arguments.program), state.root)
    asyncio.run(Agent(state, ports, launcher, speed=arguments.speed).run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
