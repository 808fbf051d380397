"""The verbs go on with the shell's own search path, whatever is in it."""

import os
import subprocess

import pytest

from tests.contract.test_named_settings import ROOT


@pytest.mark.parametrize("verb", ["deploy", "rollback"])
def test_search_path_with_a_space_reaches_the_program(verb: str) -> None:
    path = f"{os.environ['PATH']}:/Program Files/bin"
    command = ["make", "-C", str(ROOT), "-o", "setup", verb, "STAGE=nowhere"]
    ran = subprocess.run(
        command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert "STAGE: got 'nowhere'; choose one of " in ran.stdout + ran.stderr
