"""llama.cpp's own server, built for this machine's instruction set."""

from __future__ import annotations

import re

from bench.endpoints import MODEL, Setup
from bench.peers.peer import Peer, environment_of

NAME = "llama-server"
FEATURES = re.compile(r"system_info:.*?CPU : (.*?) \|\s*$", re.MULTILINE)


def command(setup: Setup, port: int) -> list[str]:
    """All else is as it comes, its prompt cache too: a fair load repeats no prompt."""
    options = {
        "--model": setup.file,
        "--alias": MODEL,
        "--host": "127.0.0.1",
        "--port": port,
        "--threads": setup.threads,
        "--parallel": setup.slots,
        "--ctx-size": setup.slots * setup.context_tokens,
    }
    return [str(part) for option in options.items() for part in option]


def features(output: str) -> str:
    """The CPU features that llama.cpp says it was built with: `AVX512 = 1` becomes `AVX512`."""
    found = FEATURES.search(output)
    pairs = (item.partition("=") for item in (found[1] if found else "").split("|"))
    return " ".join(name.strip() for name, _, value in pairs if value.strip() == "1")


PEER = Peer(
    name=NAME,
    program=environment_of(NAME) / "bin" / "llama-server",
    command=command,
    health="/health",
    describe=features,
)
