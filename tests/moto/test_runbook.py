"""The runbook's commands, run word for word against a deployed stage."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from moto.server import ThreadedMotoServer

from sandbox.state import REGION
from tests.moto.test_watching import WATCHED, deploy

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"
BLOCK = re.compile(r"(?:<!-- run: (\w+) -->\n)?```sh\n(.*?)```", re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    return BLOCK.findall(RUNBOOK.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an account with a stage in it, for programs outside this process."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with mock_aws():
        deploy(WATCHED, tmp_path_factory.mktemp("runbook") / "stage")
        server.start()
        try:
            yield f"http://localhost:{server.get_host_and_port()[1]}"
        finally:
            server.stop()


def run(script: str, endpoint: str, **variables: str) -> str:
    """As a person with credentials would, in one shell; its output. Fails where a line does."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(Path.home()),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "STAGE": "local",
        **variables,
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_every_block_is_run_here_or_says_that_only_aws_can_answer() -> None:
    assert {where for where, _ in blocks()} == {"deployed", "account"}


def test_commands_find_the_stage_and_work(endpoint: str) -> None:
    told = run("\n".join(text for where, text in blocks() if where == "deployed"), endpoint)
    (cluster,) = boto3.client("ecs").list_clusters()["clusterArns"]
    names, *rest = told.splitlines()
    assert names.startswith(f"{cluster.rpartition('/')[2]} ")
    assert len(names.split()) == 4
    assert "2\t10" in rest  # the bounds of scaling
