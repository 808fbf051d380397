"""A synth starts quickly wherever it runs."""

import subprocess
import sys
from pathlib import Path

from tests.infra.assemblies import ROOT

PROGRAM = """
import gc, os
from infra.quick_start import start_quickly
start_quickly()
import imported
print(gc.isenabled(), "NODE_COMPILE_CACHE" in os.environ)
"""


def test_bytecode_is_kept_and_nothing_else_whatever_the_environment_says(tmp_path: Path) -> None:
    cache = {"NODE_COMPILE_CACHE": str(tmp_path)}
    (tmp_path / "imported.py").touch()
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": f"{ROOT}:{tmp_path}"} | cache,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "False False\n"
    assert list((tmp_path / "__pycache__").glob("imported.*.pyc"))
