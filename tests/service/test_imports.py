"""What the two processes import: nothing for a feature that is off."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.service.process import ROOT

# Each takes tens to hundreds of milliseconds of every start.
OF_FEATURES = {
    "aiohttp",
    "boto3",
    "botocore",
    "cryptography",
    "jwt",
    "mangum",
    "opentelemetry",
    "requests",
}
FOR_PREPARING = {"gguf", "numpy"}  # the image lacks them


def imported(statement: str) -> set[str]:
    """The modules that a new interpreter has after it."""
    command = [sys.executable, "-c", f"{statement}\nimport sys\nprint(*sys.modules, sep='\\n')"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


def test_serving_with_no_feature_on_imports_none() -> None:
    assert imported("import service.server") & (OF_FEATURES | FOR_PREPARING) == set()


def test_what_starts_the_engine_imports_no_transport() -> None:
    modules = imported("import service.__main__, service.engine_start")
    assert modules & {"aiohttp", "grpc", "starlette", "uvicorn"} == set()


def test_the_engine_s_process_imports_its_library_and_nothing_else_of_weight() -> None:
    modules = imported("import service.engine.child")
    assert "xllamacpp" in modules
    assert modules & {"aiohttp", "asyncio", "numpy", "pydantic"} == set()
    assert {name for name in modules if name.startswith("service")} == {
        "service",
        "service.engine",
        "service.engine.child",
        "service.engine.parameters",
    }


def test_what_a_start_has_compiled_is_kept_where_the_environment_says_otherwise(
    tmp_path: Path,
) -> None:
    environment = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    command = [sys.executable, "-m", "service"]
    started = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert started.returncode == 2  # no keys: nothing serves
    assert list(tmp_path.rglob("setting_values.*.pyc"))
