"""The package as others get it: built, installed into an empty environment, imported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
ASK = """
import llm_on_ecs
llm_on_ecs.LLMClient("http://localhost").close()
try:
    llm_on_ecs.LLMClient("grpc://localhost")
except ModuleNotFoundError as missing:
    print(llm_on_ecs.__file__, missing)
"""


def run(*command: str | Path) -> str:
    """Offline: what the environment was installed from is still in its cache."""
    cache = {"UV_CACHE_DIR": str(ROOT / ".venv/cache/uv"), "UV_OFFLINE": "1"}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if "PIP_INDEX_URL" in environment:  # as sandbox/install.py: the cache is kept by index
        environment.setdefault("UV_DEFAULT_INDEX", environment["PIP_INDEX_URL"])
    done = subprocess.run(
        list(map(str, command)),
        env=environment | cache,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, built = tmp_path_factory.mktemp("client"), tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "client", source, dirs_exist_ok=True)
    build = ("build", "--wheel", "--no-build-isolation", "--python", sys.executable)
    run(UV, *build, "--out-dir", built, source)
    (found,) = built.glob("*.whl")
    return found


def test_wheel_has_the_modules_and_their_types_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    source = ROOT / "client/src"
    ours = {
        str(path.relative_to(source))
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == ours
    assert "llm_on_ecs/py.typed" in names


def test_installed_alone_it_speaks_rest_and_names_what_grpc_needs(
    wheel: Path, tmp_path: Path
) -> None:
    python = tmp_path / "venv/bin/python"
    run(UV, "venv", "--python", sys.executable, tmp_path / "venv")
    pins = ("--constraint", ROOT / "requirements.txt")
    run(UV, "pip", "install", "--python", python, *pins, wheel)
    told = run(python, "-W", "error", "-c", ASK)
    assert told.startswith(str(tmp_path))
    assert "pip install 'llm-on-ecs-client[grpc]'" in told


def test_extra_brings_what_grpc_needs(wheel: Path, tmp_path: Path) -> None:
    python = tmp_path / "venv/bin/python"
    run(UV, "venv", "--python", sys.executable, tmp_path / "venv")
    pins = ("--constraint", ROOT / "requirements.txt")
    run(UV, "pip", "install", "--python", python, *pins, f"{wheel}[grpc]")
    ask = "import llm_on_ecs; llm_on_ecs.LLMClient('grpc://localhost').close()"
    run(python, "-W", "error", "-c", ask)


def test_generated_modules_are_what_the_proto_gives(tmp_path: Path) -> None:
    copied = ("Makefile", "service", "client", "sandbox")
    for name in copied:
        source, target = ROOT / name, tmp_path / name
        _ = shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    generated = [path for path in tmp_path.rglob("llm_service_pb2*") if path.suffix != ".pyc"]
    assert len(generated) == 5
    for path in generated:
        path.unlink()
    run("make", "-C", tmp_path, "-o", "setup", "proto", f"VENV={ROOT}/.venv/bin")
    for path in generated:
        assert path.read_bytes() == (ROOT / path.relative_to(tmp_path)).read_bytes(), path
