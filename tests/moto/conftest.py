"""An account of moto's in this process, with our resource types: empty, or with stage local."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from operations.account import Account
from operations.verify.deployment import Deployment
from sandbox import assembly
from sandbox.certificate import ensure_certificate
from sandbox.cloudformation import stacks
from sandbox.state import ACCOUNT, REGION
from tests.infra.assemblies import Variant
from tests.moto import synthesis
from tests.moto.services import described


@pytest.fixture(scope="session", autouse=True)
def extended() -> None:
    """moto with the sandbox's resource types and stack engine."""
    stacks.install()


@pytest.fixture(scope="session", autouse=True)
def region() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        patch.delenv("AWS_PROFILE", raising=False)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        yield


@pytest.fixture
def aws() -> Iterator[None]:
    """An empty account."""
    with mock_aws():
        yield


@pytest.fixture(scope="session")
def local_assembly() -> Path:
    """The cloud assembly of stage local; the certificate is put in place at each deploy."""
    overrides: dict[str, str | None] = {
        "image": "sandbox.local/image:1",
        "certificate_arn": placeholder(),
    }
    return synthesis.synthesised(Variant("local", overrides))


@pytest.fixture(scope="session")
def synthesised() -> Callable[[str | Variant], Path]:
    """The directory of a variant's assembly; each is synthesised once, when a test asks for it."""
    return synthesis.synthesised


def placeholder() -> str:
    return f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/00000000-0000-0000-0000-000000000000"


def deploy_local(local_assembly: Path, into: Path) -> None:
    """Deploy a copy of the assembly with a certificate that this account has."""
    names = {placeholder(): ensure_certificate(region=REGION)}
    assembly.deploy_assembly(synthesis.renamed(local_assembly, into, names), region=REGION)


@pytest.fixture(scope="module")
def deployed(local_assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The account after a deploy of all stacks; tests read it and leave it as it is."""
    copy = tmp_path_factory.mktemp("deployed")
    with mock_aws():
        deploy_local(local_assembly, copy)
        yield copy


@pytest.fixture
def session() -> boto3.Session:
    return boto3.Session(region_name=REGION)


@pytest.fixture
def deployment(session: boto3.Session) -> Deployment:
    """Stage local, as the checks of claims see it."""
    return Deployment(Account(session), stage="local")


@pytest.fixture
def service() -> dict[str, Any]:
    return described()


@pytest.fixture
def task(service: dict[str, Any]) -> dict[str, Any]:
    answer = boto3.client("ecs").describe_task_definition(taskDefinition=service["taskDefinition"])
    return dict(answer["taskDefinition"])


@pytest.fixture
def container(task: dict[str, Any]) -> dict[str, Any]:
    (only,) = task["containerDefinitions"]
    return dict(only)


@pytest.fixture
def target_groups() -> dict[str, dict[str, Any]]:
    """By protocol version."""
    groups = boto3.client("elbv2").describe_target_groups()["TargetGroups"]
    return {group["ProtocolVersion"]: dict(group) for group in groups}
