"""The deploy end to end: real CDK CLI, real Docker engine, the tasks as their definition says."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest

from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceStub
from tests.e2e.conftest import BASE_IMAGE, Checkout, Endpoints
from tests.e2e.load import sdk, steady_load, story
from tests.e2e.test_readme import blocks, running_from

pytestmark = [pytest.mark.timeout(1200), pytest.mark.usefixtures("docker")]

FORM = "container"
REPLACED_SECONDS = 20
LABEL = ""  # by which Docker knows the containers of the sandbox under test


@pytest.fixture(scope="module", autouse=True)
def sandbox(checkout: Checkout) -> Iterator[None]:
    """One `make up` for the tests of this file, which run in their order."""
    global LABEL
    LABEL = f"label=llm-sandbox={checkout.folder}/.sandbox"
    told = checkout.shell("make up", form=FORM).stdout
    assert "tasks run as containers" in told
    yield
    checkout.shell("make down", form=FORM)


@pytest.fixture
def endpoints(checkout: Checkout) -> Endpoints:
    return checkout.endpoints()


def docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def tasks() -> list[str]:
    """The ids of this sandbox's running containers, and of nobody else's."""
    return sorted(docker("ps", "--no-trunc", "--quiet", "--filter", LABEL).splitlines())


def until(holds: Callable[[], bool], *, seconds: float) -> float:
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < seconds, f"not within {seconds} s"
        time.sleep(0.1)
    return time.monotonic() - started


def deployed(endpoints: Endpoints) -> tuple[dict[str, Any], dict[str, Any]]:
    """The deployed service and its task definition's one container."""
    ecs = endpoints.client("ecs")
    for cluster in ecs.list_clusters()["clusterArns"]:
        arns = ecs.list_services(cluster=cluster)["serviceArns"]
        if arns:
            (service,) = ecs.describe_services(cluster=cluster, services=arns)["services"]
            definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
            (container,) = definition["taskDefinition"]["containerDefinitions"]
            return service, definition["taskDefinition"] | {"container": container}
    raise AssertionError("no service is deployed")


def test_tasks_are_containers_as_the_deployed_task_definition_says(endpoints: Endpoints) -> None:
    service, task = deployed(endpoints)
    assert len(tasks()) == service["runningCount"] == service["desiredCount"] == 2
    for name in tasks():
        (container,) = json.loads(docker("inspect", name))
        host = container["HostConfig"]
        assert container["Config"]["Image"] == task["container"]["image"]
        assert container["Config"]["User"] == task["container"]["user"] == "10001"
        assert host["ReadonlyRootfs"] is task["container"]["readonlyRootFilesystem"] is True
        assert host["Memory"] == int(task["memory"]) * 2**20
        assert host["NanoCpus"] == int(task["cpu"]) / 1024 * 10**9
        assert [mount["Destination"] for mount in container["Mounts"]] == ["/tmp"]
        process_user = docker("exec", name, "python", "-c", "import os; print(os.getuid())")
        assert process_user == "10001"


def test_repository_holds_the_image_that_runs(endpoints: Endpoints) -> None:
    _, task = deployed(endpoints)
    repository, _, tag = task["container"]["image"].partition("/")[2].rpartition(":")
    images = endpoints.client("ecr").list_images(repositoryName=repository)["imageIds"]
    assert tag in [image["imageTag"] for image in images]


async def test_rest_and_grpc_answer(endpoints: Endpoints) -> None:
    async with sdk(endpoints) as client:
        assert await story(client, 1, tokens=20)
    with grpc.insecure_channel(endpoints.grpc) as channel:
        stub: Any = LLMServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
        answer = stub.GenerateText(pb.GenerateTextRequest(prompt="1, 2, 3,", max_tokens=4))
    assert answer.generated_text


def test_nothing_is_written_outside_the_mounts() -> None:
    assert [docker("diff", name) for name in tasks()] == ["", ""]


def cli_variables(checkout: Checkout, endpoints: Endpoints) -> dict[str, str]:
    """What turns the CLI, and the README's words for AWS, to the sandbox."""
    shim = str(checkout.folder / "sandbox/docker_shim.py")
    return endpoints.variables | {"CDK_DOCKER": shim}


def cdk(checkout: Checkout, verb: str, endpoints: Endpoints, *, check: bool = True) -> str:
    """A verb of the CLI for stage local, with what `make up` passes."""
    listed = endpoints.client("acm").list_certificates()["CertificateSummaryList"]
    certificate = listed[0]["CertificateArn"]
    return checkout.shell(
        f'eval "$(make env)"; cdk {verb} --all -c stage=local '
        f"-c certificate_arn={certificate} -c base_image={BASE_IMAGE}",
        form=FORM,
        check=check,
        variables=cli_variables(checkout, endpoints),
    ).stdout


def test_diff_finds_nothing_after_a_deploy(checkout: Checkout, endpoints: Endpoints) -> None:
    assert "Number of stacks with differences: 0" in cdk(checkout, "diff --fail", endpoints)


def exit_statuses(since: float) -> list[str]:
    """Of the tasks that have ended since then."""
    return docker(
        *("events", "--since", f"{since:.3f}", "--until", f"{time.time():.3f}"),
        *("--filter", LABEL, "--filter", "event=die", "--format", "{{.Actor.Attributes.exitCode}}"),
    ).splitlines()


async def test_sigterm_with_streams_in_flight_drains_and_exits_zero(endpoints: Endpoints) -> None:
    since = time.time()
    doomed = tasks()[0]
    async with sdk(endpoints) as client:
        streams = [asyncio.create_task(story(client, n, tokens=150)) for n in range(4)]
        await asyncio.sleep(1)  # in the middle of the streams
        await asyncio.to_thread(docker, "kill", "--signal", "TERM", doomed)
        assert all(await asyncio.gather(*streams))
    await asyncio.to_thread(until, lambda: doomed not in tasks(), seconds=30)
    assert exit_statuses(since) == ["0"]
    await asyncio.to_thread(until, lambda: all_serve(endpoints), seconds=REPLACED_SECONDS)


def ready(endpoints: Endpoints) -> int:
    running: int = deployed(endpoints)[0]["runningCount"]
    return running


def all_serve(endpoints: Endpoints) -> bool:
    """Two containers, both healthy for REST and for gRPC: a running task need not be."""
    client = endpoints.client("elbv2")
    groups = [group["TargetGroupArn"] for group in client.describe_target_groups()["TargetGroups"]]
    health = [client.describe_target_health(TargetGroupArn=group) for group in groups]
    states = [
        [target["TargetHealth"]["State"] for target in answer["TargetHealthDescriptions"]]
        for answer in health
    ]
    return len(tasks()) == 2 and states == [["healthy"] * 2] * 2


async def test_killed_task_is_replaced_while_the_other_serves(endpoints: Endpoints) -> None:
    await asyncio.to_thread(until, lambda: all_serve(endpoints), seconds=60)
    doomed = tasks()[0]
    async with sdk(endpoints) as client:
        await asyncio.to_thread(docker, "kill", "--signal", "KILL", doomed)
        killed = time.monotonic()
        await asyncio.to_thread(until, lambda: doomed not in tasks(), seconds=5)
        assert await story(client, 1, tokens=10)
        await asyncio.to_thread(until, lambda: all_serve(endpoints), seconds=REPLACED_SECONDS)
    print(f"replaced after {time.monotonic() - killed:.1f} s")


async def test_update_under_a_steady_load_cuts_no_stream(
    checkout: Checkout, endpoints: Endpoints
) -> None:
    await asyncio.to_thread(until, lambda: all_serve(endpoints), seconds=60)
    before = tasks()
    stage = checkout.folder / "infra/stages/local.toml"
    text = stage.read_text()
    stage.write_text(text.replace("[limits]", "[limits]\nmax_waiting = 17"))
    async with steady_load(endpoints, streams=6) as tally:
        await asyncio.sleep(3)
        await asyncio.to_thread(checkout.shell, "make up", form=FORM)
        await asyncio.to_thread(until, lambda: not set(before) & set(tasks()), seconds=240)
        already = tally.whole
        await asyncio.to_thread(until, lambda: tally.whole >= already + 6, seconds=60)
    assert tally.errors == [], checkout.runner_log()
    _, task = deployed(endpoints)
    environment = {item["name"]: item["value"] for item in task["container"]["environment"]}
    assert environment["LLM_MAX_WAITING"] == "17"


def test_destroyed_stage_is_gone_and_can_be_deployed_again(
    checkout: Checkout, endpoints: Endpoints
) -> None:
    cdk(checkout, "destroy --force", endpoints)
    stacks = endpoints.client("cloudformation").describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in stacks] == ["CDKToolkit"]
    until(lambda: tasks() == [], seconds=200)
    checkout.shell("make up", form=FORM)
    assert ready(checkout.endpoints()) == 2


def test_aws_blocks_of_the_readme_work_against_the_sandbox(
    checkout: Checkout, endpoints: Endpoints
) -> None:
    cdk(checkout, "destroy --force", endpoints)
    until(lambda: tasks() == [], seconds=200)
    checkout.name_base_image()
    told = checkout.shell(
        "set -x\n" + "\n".join(blocks("aws")),
        form=FORM,
        variables=cli_variables(checkout, endpoints),
    ).stdout
    assert "Inference.Url" in told
    assert "sk-" in told
    assert "There were no differences" in told


def test_down_leaves_no_container_and_no_process(checkout: Checkout) -> None:
    checkout.shell("make down", form=FORM)
    assert tasks() == []
    assert running_from(checkout.folder) == []
