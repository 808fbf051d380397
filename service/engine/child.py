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
    llama.n_ctx = parameters.context_tokens_of_all
    llama.n_batch = llama.n_ubatch = parameters.batch_tokens_at_most
    llama.cache_ram_mib = parameters.prompt_cache_mib  # else 8 GiB
    llama.n_predict = parameters.max_output_tokens  # else without end
    if parameters.embeddings:
        llama.embedding = True
    if parameters.pooling:
        name = f"LLAMA_POOLING_TYPE_{parameters.pooling.upper()}"
        llama.pooling_type = getattr(xllamacpp.llama_pooling_type, name)
    if parameters.draft_tokens:
        # It knows the text of its own slot only. `ngram-mod` learns from all requests: how fast an
        # answer comes would tell what others have asked.
        drafter = xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE
        llama.speculative.types = [drafter]
        llama.speculative.ngram_simple.size_n = parameters.match_tokens
        llama.speculative.ngram_simple.size_m = parameters.draft_tokens
    llama.fit_params = False  # else it loads the vocabulary twice, and may lessen what we set
    llama.ui = False
    llama.endpoint_slots = False
    llama.cors_origins = ""
    llama.n_threads_http = parameters.http_threads
    return llama


def serve(llama: xllamacpp.CommonParams) -> None:
    """Until our standard input ends, which it does when the parent dies."""
    server = xllamacpp.Server(llama)
    print(f"I engine listening on {server.listening_address}", file=sys.stderr, flush=True)
    sys.stdin.buffer.read()
    # Destroying the server with a request in flight hangs: leave it to the operating system.
    os._exit(0)


def main() -> None:
    serve(llama_parameters(EngineParameters.from_json(sys.argv[1])))


if __name__ == "__main__":
    main()
