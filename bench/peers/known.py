"""The peers that there are, in the order of the tables."""

from __future__ import annotations

from bench.peers import llama_server

PEERS = (llama_server.PEER,)
