"""The Python blocks of the client's README, run word for word but for the addresses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.conftest import KEY
from tests.service.process import ServiceProcess

CLIENT = Path(__file__).parents[2] / "client"
BLOCKS = re.findall(
    r"```python\n(.*?)```", (CLIENT / "README.md").read_text(encoding="utf-8"), re.DOTALL
)
SAID = [
    "Model(id='smollm2-135m-instruct')",
    "Usage(",
    ",",
    " tokens",
    "has no place for tools",
    "correct temperature",
]


def test_every_block_is_known_here() -> None:
    assert len(BLOCKS) == len(SAID)


@pytest.mark.parametrize(("block", "said"), list(zip(BLOCKS, SAID, strict=False)))
def test_block_runs_as_it_stands(real_service: ServiceProcess, block: str, said: str) -> None:
    addressed = block.replace("http://127.0.0.1:8080", real_service.url).replace(
        "127.0.0.1:50051", f"127.0.0.1:{real_service.grpc_port}"
    )
    variables = {"LLM_API_KEY": KEY, "PYTHONPATH": str(CLIENT / "src")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", addressed],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
