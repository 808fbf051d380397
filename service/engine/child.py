"""The engine's process: llama.cpp's server on a Unix-domain socket, until its standard input ends.

Run as `python -m service.engine.child`, with EngineParameters as JSON in the first argument.
"""

from __future__ import annotations

import os
import sys

import xllamacpp

from service.engine.parameters import EngineParameters


def llama_parameters(parameters: EngineParameters) -> xllamacpp.CommonParams:
    """llama.cpp's parameters: ours, and its own defaults made safe where they are not."""
    llama = xllamacpp.CommonParams()
    llama.hostnames = [parameters.socket_path]
    llama.model.path = parameters.model_path
    llama.model_alias = {parameters.model_name}  # else the file's path is the model's name
    llama.cpuparams.n_threads = parameters.threads  # else the host's, whatever the cgroup allows
    llama.cpuparams_batch.n_threads = parameters.threads
    llama.n_parallel = parameters.slots
    llama.n_ctx = parameters.context_tokens * parameters.slots
    llama.n_batch = parameters.batch_tokens
    llama.n_ubatch = parameters.batch_tokens
    llama.cache_ram_mib = parameters.prompt_cache_mib  # else 8 GiB
    llama.n_predict = parameters.max_output_tokens  # else without end
    llama.ui = False
    llama.endpoint_slots = False
    llama.cors_origins = ""
    llama.n_threads_http = parameters.slots + 4  # each stream holds one; the rest answers /health
    return llama


def main() -> None:
    """Serve until the parent closes our standard input, which it also does by dying."""
    server = xllamacpp.Server(llama_parameters(EngineParameters.from_json(sys.argv[1])))
    print(f"I engine listening on {server.listening_address}", file=sys.stderr, flush=True)
    sys.stdin.buffer.read()
    # Destroying the server with a request in flight hangs: leave it to the operating system.
    os._exit(0)


if __name__ == "__main__":
    main()
