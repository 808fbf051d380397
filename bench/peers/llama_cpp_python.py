"""llama-cpp-python's server: llama.cpp's library, built for this machine, under FastAPI."""

from __future__ import annotations

from pathlib import Path

from bench.endpoints import MODEL, Setup
from bench.peers.installation import NATIVE, Package
from bench.peers.llama_server import features
from bench.peers.peer import Launch, Peer

VERSION = "0.3.36"
PACKAGE = Package(
    name="llama-cpp-python",
    requirements=(f"llama_cpp_python[server]=={VERSION}",),
    options=("--no-binary", "llama_cpp_python"),
    variables=NATIVE | {"CMAKE_ARGS": f"{NATIVE['CMAKE_ARGS']} -DLLAVA_BUILD=OFF"},
    note="about ten minutes: it is built for this machine",
)


def launch(setup: Setup, port: int) -> Launch:
    """One slot's context: it has one. Without logits of all prompt tokens, which slow prompts."""
    options: dict[str, str | int | Path] = {
        "--model": setup.file,
        "--model_alias": MODEL,
        "--host": "127.0.0.1",
        "--port": port,
        "--n_threads": setup.threads,
        "--n_threads_batch": setup.threads,
        "--n_ctx": setup.context_tokens,
        "--logits_all": "false",
        # Else a request that comes ends the one before it.
        "--interrupt_requests": "false",
    }
    return Launch([PACKAGE.python, "-m", "llama_cpp.server"], options)


PEER = Peer(
    package=PACKAGE,
    launch=launch,
    health="/v1/models",
    describe=lambda output: f"llama-cpp-python {VERSION}: {features(output)}",
    note="answers one request at a time; its tokens are counted afterwards, by its tokenizer",
    count_path="/extras/tokenize/count",
)
