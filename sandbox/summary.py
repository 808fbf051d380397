"""What `make up` prints in the end: where everything is, and a line to try."""

from __future__ import annotations

import json
import shlex

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from .form import Form
from .progress import Progress
from .rollouts import services
from .state import REGION, SPEED, Ports, State, aws_endpoint


def tell(
    progress: Progress, ports: Ports, form: Form, api_key: str, state: State, speed: float
) -> None:
    """Print the summary."""
    url = f"http://127.0.0.1:{ports.http}"
    body = {"model": _model(), "messages": [{"role": "user", "content": "Say hello."}]}
    curl = [
        f"curl {url}/v1/chat/completions \\",
        f"  -H 'Authorization: Bearer {api_key}' -H 'Content-Type: application/json' \\",
        f"  -d {shlex.quote(json.dumps(body))}",
    ]
    kind = "containers" if form.containers else "processes"
    rows = [
        ("REST", f"{url}/v1"),
        ("gRPC", f"127.0.0.1:{ports.grpc}"),
        ("AWS", f"AWS_ENDPOINT_URL={aws_endpoint(ports.aws)} (region {REGION}, any credentials)"),
        ("API key", api_key),
        ("Tasks", f"{kind}: {form.reason}"),
        ("Files", f"{state.endpoints} (these addresses), {state.logs} (logs)"),
        *_bake_row(speed),
        ("Stop", "make down"),
    ]
    say = progress.console.print
    say(f"\n[bold green]Ready after {progress.seconds:.1f} s.[/]\n")
    for name, text in rows:
        say(f"  {name:<8} {text}", markup=False, soft_wrap=True)
    say("\n" + "\n".join(f"  {line}" for line in curl) + "\n", markup=False, soft_wrap=True)


def _bake_row(speed: float) -> list[tuple[str, str]]:
    """Where a deployment of what runs here would bake, and not as long as in AWS."""
    configurations = [item.get("deploymentConfiguration", {}) for item in services()]
    bakes = any(
        item.get("strategy", "ROLLING") != "ROLLING" or item.get("alarms", {}).get("enable")
        for item in configurations
    )
    if speed == 1 or not bakes:
        return []
    return [
        ("Bake", f"a minute of bake time lasts {60 / speed:g} s ({SPEED}={speed:g}; 1 as in AWS)")
    ]


def _model() -> str:
    """The model's public name, as the deployed task definition tells the container."""
    try:
        client = boto3.client("ecs")
        task = client.describe_task_definition(taskDefinition=services()[0]["taskDefinition"])
        listed = task["taskDefinition"]["containerDefinitions"][0]["environment"]
        named = [item["value"] for item in listed if item["name"].endswith("_MODEL_NAME")]
        return named[0]
    except (BotoCoreError, ClientError, IndexError):
        return "default"
