"""A deployed stage gets a certificate, and gives it back."""

from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from sandbox import assembly
from sandbox.state import REGION
from tests.moto.synthesis import with_certificate

pytestmark = pytest.mark.usefixtures("aws")


def listeners() -> dict[int, tuple[str, str]]:
    """Protocol and what the default action does, by port."""
    client = boto3.client("elbv2")
    (balancer,) = client.describe_load_balancers()["LoadBalancers"]
    found = client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return {item["Port"]: (item["Protocol"], item["DefaultActions"][0]["Type"]) for item in found}


def test_port_80_redirects_once_there_is_https_and_serves_again_without(
    synthesised: Callable[[str], Path], tmp_path: Path
) -> None:
    plain = {80: ("HTTP", "forward")}
    assembly.deploy_assembly(synthesised("local"), region=REGION)
    assert listeners() == plain
    secure = with_certificate(synthesised("local-https"), tmp_path)
    assembly.deploy_assembly(secure, region=REGION)
    assert listeners() == {80: ("HTTP", "redirect"), 443: ("HTTPS", "forward")}
    assembly.deploy_assembly(synthesised("local"), region=REGION)
    assert listeners() == plain
