"""A synth starts quickly wherever it runs."""

import subprocess
import sys
from pathlib import Path

from tests.infra.assemblies import ROOT

PROGRAM = """
import gc
from infra.quick_start import start_quickly
start_quickly()
import imported
print(gc.isenabled())
"""


def test_bytecode_is_kept_where_the_environment_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "imported.py").touch()
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": f"{ROOT}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "False\n"
    assert list((tmp_path / "__pycache__").glob("imported.*.pyc"))
