"""A real Prometheus on this machine, with the rules that we ship and no AWS to find tasks in."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.monitoring.files import MONITORING

RULES = ("recording_rules.yml", "alert_rules.yml")
START_SECONDS = 30
POLL_SECONDS = 0.1
# A test cannot wait for minutes: the windows and waits of the rules that we ship, shortened.
SHORTER = {"[5m]": "[10s]", "[15m]": "[20s]", "[1h]": "[60s]", "interval: 15s": "interval: 500ms"}
# What ECS's discovery would say of the task beside its address.
TASK = {
    "__meta_ecs_tag_service_project": "llm-on-ecs",
    "__meta_ecs_tag_service_stage": "local",
    "__meta_ecs_last_status": "RUNNING",
    "__meta_ecs_task_arn": "arn:aws:ecs:us-east-1:123456789012:task/cluster/0123456789abcdef",
    "__meta_ecs_availability_zone": "us-east-1a",
}
NEIGHBOUR = TASK | {"__meta_ecs_tag_service_project": "somebody-elses"}
STARTING = TASK | {"__meta_ecs_last_status": "PROVISIONING"}


class Prometheus:
    """A running Prometheus, asked over its HTTP API."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self._url}/-/ready").status_code == 200
        except httpx.ConnectError:
            return False

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that the expression gives now; fails where it does not parse."""
        answer = httpx.get(f"{self._url}/api/v1/query", params={"query": expression}).json()
        assert answer["status"] == "success", f"{expression}: {answer.get('error')}"
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def targets(self) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self._url}/api/v1/targets", params={"state": "active"}).json()
        found: list[dict[str, Any]] = answer["data"]["activeTargets"]
        return found

    def alert(self, name: str) -> dict[str, Any] | None:
        """The alert, if it is pending or firing."""
        alerts = httpx.get(f"{self._url}/api/v1/alerts").json()["data"]["alerts"]
        return next((alert for alert in alerts if alert["labels"]["alertname"] == name), None)

    def state(self, name: str) -> str:
        alert = self.alert(name)
        return str(alert["state"]) if alert else "inactive"


def wait_until(holds: Callable[[], bool], *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(POLL_SECONDS)


def shortened(text: str) -> str:
    """The rules or the configuration that we ship, in seconds instead of minutes."""
    for long, short in SHORTER.items():
        text = text.replace(long, short)
    return re.sub(r"\bfor: \d+m", "for: 2s", text)


def copy_for_test(folder: Path, *, target: str) -> Path:
    """The configuration that we ship, for one task that is known instead of found in AWS.

    Everything after the discovery is as it is shipped: the labels, and the rules.
    """
    for name in RULES:
        shipped = (MONITORING / name).read_text(encoding="utf-8")
        (folder / name).write_text(shortened(shipped), encoding="utf-8")
    config = yaml.safe_load(shortened((MONITORING / "prometheus.yml").read_text(encoding="utf-8")))
    config["global"] = {"scrape_interval": "500ms", "evaluation_interval": "500ms"}
    (job,) = config["scrape_configs"]
    del job["aws_sd_configs"]  # Debian's Prometheus is older than it
    job["static_configs"] = [
        {"targets": [target], "labels": TASK},
        {"targets": ["127.0.0.1:1"], "labels": NEIGHBOUR},
        {"targets": ["127.0.0.1:2"], "labels": STARTING},
    ]
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    return file


@contextmanager
def running_prometheus(folder: Path, *, target: str) -> Iterator[Prometheus]:
    """Scrapes the target twice a second, with its data and its log in the folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        "prometheus",
        f"--config.file={copy_for_test(folder, target=target)}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    log = folder / "prometheus.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        prometheus = Prometheus(port)
        wait_until(prometheus.ready, seconds=START_SECONDS, what=log.read_text())
        yield prometheus
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def promtool(*arguments: str, input: str | None = None) -> None:
    """Fails with what promtool says is wrong."""
    done = subprocess.run(
        ["promtool", *arguments],
        cwd=MONITORING,
        input=input,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def missing() -> str | None:
    """What to do where Prometheus is not installed."""
    absent = [name for name in ("prometheus", "promtool") if not shutil.which(name)]
    if not absent:
        return None
    return (
        f"make e2e needs prometheus and promtool on PATH: got no {' and no '.join(absent)}; "
        "install Debian's package `prometheus` (apt-get install --no-install-recommends prometheus)"
    )
