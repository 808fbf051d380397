"""The command line: up, down, status and key; `serve-aws` and `run-tasks` are what `up` starts."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shlex
import sys
from pathlib import Path

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

    key = verbs.add_parser("key", help="make an API key")
    key.add_argument("name", help="who or what will use it")
    key.add_argument("--stage", default="local", help="the stage whose endpoint it opens")
    key.add_argument(
        "--secret", help="the secret's ARN; by default the stage's stack output names it"
    )
    key.set_defaults(run=_key)

    aws = verbs.add_parser("serve-aws", help="(internal) the AWS server")
    aws.add_argument("--port", type=int, required=True)
    aws.set_defaults(run=_serve_aws)

    tasks = verbs.add_parser("run-tasks", help="(internal) the runner of tasks")
    tasks.add_argument("--form", choices=["process", "container"], required=True)
    tasks.add_argument("--program", required=True)
    tasks.set_defaults(run=_run_tasks)
    return parser


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
    from .key import make_key

    settings = state.settings()
    running = settings is not None and state.endpoints.exists()
    if running and settings is not None and settings.stage == arguments.stage:
        use_sandbox(settings.ports.aws)
    elif arguments.stage == "local" and arguments.secret is None:
        raise SandboxError("No sandbox is running; run `make up`, or name a stage in AWS.")
    made = make_key(arguments.name, stage=arguments.stage, secret_arn=arguments.secret)
    print(f"{made}\n\nThis is the only time it is shown: only its hash is stored.")
    return 0


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
    asyncio.run(Agent(state, ports, launcher).run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
