"""A model of one's own from its preparation to an answer, with the commands that a person runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Checkout
from tests.e2e.load import sdk, story

pytestmark = [pytest.mark.timeout(1200), pytest.mark.usefixtures("docker")]

FORM = "container"
STAGE = "infra/stages/local.toml"


@pytest.fixture(scope="module", autouse=True)
def sandbox(checkout: Checkout) -> Iterator[None]:
    """The sandbox with a model bucket, and the bundled model in its tasks."""
    stage = checkout.folder / STAGE
    stage.write_text(stage.read_text() + "\n[model]\nbucket = true\n")
    checkout.shell("make up", form=FORM)
    yield
    checkout.shell("make down", form=FORM)


def section(told: str, name: str) -> str:
    """Of the lines that `make model` prints for the stage file."""
    _, _, after = told.partition(f"[{name}]")
    return f"[{name}]{after.partition('[')[0]}"


def environments(checkout: Checkout) -> list[dict[str, str]]:
    """Of the containers of all tasks that run."""
    ecs = checkout.endpoints().client("ecs")
    found = []
    for cluster in ecs.list_clusters()["clusterArns"]:
        for arn in ecs.list_services(cluster=cluster)["serviceArns"]:
            (service,) = ecs.describe_services(cluster=cluster, services=[arn])["services"]
            definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
            for container in definition["taskDefinition"]["containerDefinitions"]:
                found.append({item["name"]: item["value"] for item in container["environment"]})
    return found


async def test_tasks_serve_a_requantised_model_from_the_stages_bucket(checkout: Checkout) -> None:
    checkout.shell(
        ".venv/bin/python -m service.model prepare bundled --type Q8_0 --output own.gguf", form=FORM
    )
    told = checkout.shell("make model FILE=own.gguf", form=FORM).stdout
    stage = checkout.folder / STAGE
    before = stage.read_text().replace("\n[model]\nbucket = true\n", "")
    stage.write_text(f"{before}\n{section(told, 'model')}")
    assert "tasks run as containers" in checkout.shell("make up", form=FORM).stdout
    (environment,) = environments(checkout)
    assert environment["LLM_MODEL_PATH"].startswith("s3://")
    async with sdk(checkout.endpoints()) as client:
        assert await story(client, 1, tokens=20)
