"""The peers that there are, by name, in the order of the tables."""

from __future__ import annotations

from bench.peers import llama_cpp_python, llama_server, vllm_cpu

PEERS = {peer.name: peer for peer in (llama_server.PEER, llama_cpp_python.PEER, vllm_cpu.PEER)}
