"""How a task definition becomes an environment, a process or `docker run`."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sandbox.runner.container import run_command
from sandbox.runner.launch import Launch, free_port, task_environment
from tests.sandbox.specs import spec

HARDENED: dict[str, Any] = {
    "user": "10001",
    "readonlyRootFilesystem": True,
    "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}],
    "linuxParameters": {"capabilities": {"drop": ["ALL"]}, "initProcessEnabled": True},
    "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 4096}],
}


def command(**container: Any) -> list[str]:
    launch = Launch("task-1", spec(**container), {"NAME": "secret value"}, Path("log"))
    return run_command(launch, label="/checkout")


def pairs(words: list[str]) -> set[tuple[str, str]]:
    return set(pairwise(words))


def test_only_the_addresses_to_listen_on_are_changed() -> None:
    declared = spec(environment={"OTHER": "8081", "URL": "http://0.0.0.0:8080"})
    environment = task_environment(declared, {}, {8080: 23456}, {"AWS_REGION": "us-east-1"})
    assert environment == {
        "HOST": "127.0.0.1",
        "PORT": "23456",
        "VERSION": "1",
        "OTHER": "8081",
        "URL": "http://0.0.0.0:8080",
        "AWS_REGION": "us-east-1",
    }


def test_secrets_come_by_their_names() -> None:
    environment = task_environment(spec(), {"TOKEN": "value"}, {}, {})
    assert environment["TOKEN"] == "value"


def test_free_port_is_outside_the_range_of_outgoing_connections() -> None:
    assert 20_000 <= free_port() < 30_000


def test_container_has_the_task_s_limits() -> None:
    words = pairs(command())
    assert {("--cpus", "0.5"), ("--memory", "1024m"), ("--memory-swap", "1024m")} <= words
    assert ("--stop-timeout", "5") in words


def test_container_is_as_restricted_as_declared() -> None:
    words = command(**HARDENED)
    assert {"--read-only", "--init"} <= set(words)
    assert {("--user", "10001"), ("--cap-drop", "ALL"), ("--volume", "/tmp")} <= pairs(words)
    assert ("--ulimit", "nofile=1024:4096") in pairs(words)


def test_container_without_restrictions_gets_none() -> None:
    words = command()
    assert not {"--read-only", "--user", "--init", "--volume"} & set(words)


def test_environment_s_values_stay_off_the_command_line() -> None:
    words = command()
    assert ("--env", "NAME") in pairs(words)
    assert not [word for word in words if "secret value" in word]


def test_image_comes_last_without_a_command() -> None:
    assert command()[-1] == "image:1"


def test_entry_point_and_command_are_the_declared_ones() -> None:
    words = command(entryPoint=["python", "-m"], command=["thing", "--flag"])
    assert ("--entrypoint", "python") in pairs(words)
    assert words[-4:] == ["image:1", "-m", "thing", "--flag"]


def test_container_belongs_to_its_checkout() -> None:
    assert ("--label", "llm-sandbox=/checkout") in pairs(command())


def test_task_with_two_containers_is_refused() -> None:
    from sandbox.runner.descriptions import task_spec

    task = spec().task
    doubled = {**task, "containerDefinitions": task["containerDefinitions"] * 2}
    with pytest.raises(ValueError, match="one container per task: got 2"):
        task_spec(doubled)
