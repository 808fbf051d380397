"""`make deploy`, `status` and `rollback` with the real CDK CLI, against the sandbox."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from delivery.deploying.news import BEGIN, KINDS, RESULT, START
from sandbox.runner.launch import free_port
from tests.e2e.conftest import Checkout, Endpoints

pytestmark = pytest.mark.timeout(1200)

FORM = "process"
# From the first stop of a task to its reason on the screen.
REASON_SECONDS = 60

News = dict[str, Any]


@pytest.fixture(scope="module")
def ports() -> dict[str, str]:
    return {f"LLM_SANDBOX_{name}_PORT": str(free_port()) for name in ("HTTP", "GRPC", "AWS")}


@pytest.fixture(scope="module", autouse=True)
def sandbox(checkout: Checkout, ports: dict[str, str]) -> Iterator[None]:
    """One `make up` for the tests of this file, which run in their order.

    A task has two seconds to load its model in place of two minutes, so that one which never
    becomes ready is found out while a test can wait for it.
    """
    timeouts = checkout.folder / "infra/timeouts.py"
    text = timeouts.read_text()
    assert text.count("return 120\n") == 1
    timeouts.write_text(text.replace("return 120\n", "return 2\n"))
    checkout.shell("make up", form=FORM, variables=ports)
    yield
    checkout.shell("make down", form=FORM)


@pytest.fixture
def endpoints(checkout: Checkout) -> Endpoints:
    return checkout.endpoints()


def shell(
    checkout: Checkout, script: str, endpoints: Endpoints, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Bash lines with the sandbox in the place of AWS."""
    return checkout.shell(
        script,
        form=FORM,
        check=False,
        errors_apart=True,
        variables=endpoints.variables | variables,
    )


def where(endpoints: Endpoints) -> str:
    """Whom to ask, as the verbs of the Makefile are told."""
    return f"URL={endpoints.http} GRPC_URL=grpc://{endpoints.grpc}"


def deploy(checkout: Checkout, endpoints: Endpoints, image: str, **variables: str) -> list[News]:
    """What `make deploy` tells of an image, which a process ignores but for its name."""
    listed = endpoints.client("acm").list_certificates()["CertificateSummaryList"]
    context = f"-c image=sandbox.local/process:{image} "
    context += f"-c certificate_arn={listed[0]['CertificateArn']}"
    script = f"make deploy STAGE=local JSON=1 {where(endpoints)} ARGS='{context}'"
    return told(shell(checkout, script, endpoints, **variables))


def rollback(checkout: Checkout, endpoints: Endpoints, **variables: str) -> list[News]:
    script = f"make rollback STAGE=local JSON=1 {where(endpoints)}"
    return told(shell(checkout, script, endpoints, **variables))


def told(done: subprocess.CompletedProcess[str]) -> list[News]:
    """Nothing but lines of JSON as the manual has them; make ends with 2 on all but 0."""
    news = [json.loads(line) for line in done.stdout.splitlines()]
    assert (news[0]["kind"], news[-1]["kind"]) == (START, RESULT)
    for item in news:
        assert list(item) == ["at", "kind", "level", "text", "lines", *KINDS[item["kind"]]]
    assert done.returncode == (2 if news[-1]["exit_status"] else 0)
    return news


def of_kind(news: list[News], kind: str) -> list[News]:
    return [item for item in news if item["kind"] == kind]


def status(checkout: Checkout, endpoints: Endpoints) -> dict[str, Any]:
    """Of the stage in AWS: `make status` shows the sandbox's own tasks for stage local."""
    program = 'eval "$(make env)"; PYTHONPATH=client/src .venv/bin/python -m delivery'
    done = shell(checkout, f"{program} status --stage local --json", endpoints)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_good_deploy_is_watched_and_proved(checkout: Checkout, endpoints: Endpoints) -> None:
    news = deploy(checkout, endpoints, "good", LLM_API_KEY=endpoints.api_key)
    assert news[-1]["outcome"] == "done", news[-1]
    assert news[-1]["smoke"] == "passed"
    states = [item["status"] for item in of_kind(news, "stack")]
    assert states == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_COMPLETE",
    ]
    last = of_kind(news, "rollout")[-1]
    assert last["generations"][0]["rollout"] == "COMPLETED"
    checks = {item["check"] for item in of_kind(news, "smoke") if item["outcome"] == "passed"}
    assert checks == {"models", "chat", "stream", "wrong key", "grpc"}
    assert endpoints.api_key not in json.dumps(news)


def test_status_says_what_runs(checkout: Checkout, endpoints: Endpoints) -> None:
    document = status(checkout, endpoints)
    assert document["image"]["tag"] == "good"
    assert document["model"]["name"] == "smollm2-135m-instruct"
    assert document["generations"][0]["running"] == document["desired"] == 2
    assert document["stacks"]["llm-on-ecs-local-inference"] == "UPDATE_COMPLETE"
    assert document["well"] is True
    assert document["unseen"] == []


def test_deploy_that_would_lose_something_is_refused_until_that_is_accepted(
    checkout: Checkout, endpoints: Endpoints
) -> None:
    stage = checkout.folder / "infra/stages/local.toml"
    kept = stage.read_text()
    stage.write_text(f"{kept}\n[logs]\nretention_days = 1\n")
    try:
        refused = deploy(checkout, endpoints, "good")
        failed = [item for item in of_kind(refused, "guard") if item["mark"] == "failed"]
        keys = [re.findall(r"ACCEPT=(\w+)", item["todo"])[0] for item in failed]
        accepted = deploy(checkout, endpoints, "good", ACCEPT=",".join(keys))
    finally:
        stage.write_text(kept)
    assert (refused[-1]["outcome"], refused[-1]["guards"]) == ("refused", ["update"])
    assert of_kind(refused, "stack") == []
    assert keys
    assert accepted[-1]["outcome"] == "done", accepted[-1]


def test_container_that_never_becomes_healthy_is_explained_in_time_and_rolled_back(
    checkout: Checkout, endpoints: Endpoints
) -> None:
    stage = checkout.folder / "infra/stages/local.toml"
    kept = stage.read_text()
    broken = 'path = "/nowhere/model.gguf"\nweights_mib = 100\nkv_bytes_per_token = 23040\n'
    stage.write_text(f"{kept}\n[model]\n{broken}")
    try:
        news = deploy(checkout, endpoints, "broken")
    finally:
        stage.write_text(kept)
    assert (news[-1]["outcome"], news[-1]["exit_status"]) == ("failed", 1)
    first = of_kind(news, "task stopped")[0]
    seconds = (moment(first["at"]) - moment(first["stopping_at"])).total_seconds()
    print(f"the reason was told {seconds:.1f} s after the first stop")
    assert seconds < REASON_SECONDS
    assert "failed ELB health checks" in first["stopped_reason"]
    assert "cannot load the model" in first["likely"]
    assert any("/nowhere/model.gguf" in line for line in first["log"])
    of_service = [item for item in of_kind(news, "stack") if item["stack"].endswith("-inference")]
    states = [item["status"] for item in of_service]
    assert states[:2] == ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"]
    assert states[-1] == "UPDATE_ROLLBACK_COMPLETE"
    assert any("docs/runbook.md" in line for line in of_kind(news, "reading")[0]["lines"])
    assert status(checkout, endpoints)["image"]["tag"] == "good"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_rollback_runs_what_ran_before(checkout: Checkout, endpoints: Endpoints) -> None:
    assert deploy(checkout, endpoints, "newer")[-1]["outcome"] == "done"
    news = rollback(checkout, endpoints, YES="1")
    assert news[-1]["outcome"] == "done", news[-1]
    plans = [item["text"] for item in of_kind(news, "plan")]
    changes = [text for text in plans if "->" in text]
    assert changes == [
        "containerDefinitions.service.image: sandbox.local/process:newer -> "
        "sandbox.local/process:good"
    ]
    assert status(checkout, endpoints)["image"]["tag"] == "good"


def test_rollback_that_nobody_agrees_to_changes_nothing(
    checkout: Checkout, endpoints: Endpoints
) -> None:
    before = of_account(endpoints)
    news = rollback(checkout, endpoints)
    assert (news[-1]["outcome"], news[-1]["text"]) == ("refused", "nothing was changed")
    assert not of_kind(news, BEGIN)
    assert of_account(endpoints) == before


def of_account(endpoints: Endpoints) -> list[tuple[str, int]]:
    """What a change would leave more of: each stack's events."""
    client = endpoints.client("cloudformation")
    names = [stack["StackName"] for stack in client.describe_stacks()["Stacks"]]
    return [
        (name, len(client.describe_stack_events(StackName=name)["StackEvents"])) for name in names
    ]


def test_first_deploy_into_an_empty_account_makes_every_stack(
    checkout: Checkout, endpoints: Endpoints
) -> None:
    cloudformation = endpoints.client("cloudformation")
    for stack in ("inference", "network", "registry"):
        name = f"llm-on-ecs-local-{stack}"
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 200}
        )
    news = deploy(checkout, endpoints, "first")
    assert (news[-1]["outcome"], news[-1]["smoke"]) == ("done", "only half run, for want of a key")
    made = [item["stack"] for item in of_kind(news, "stack") if item["status"] == "CREATE_COMPLETE"]
    assert [name.rpartition("-")[2] for name in made][-1] == "inference"
    assert {name.rpartition("-")[2] for name in made} == {"registry", "network", "inference"}
