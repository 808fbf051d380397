"""What the engine's process imports instead of llama.cpp where this folder is on PYTHONPATH.

So the service runs as it is deployed, its supervisor and the engine's process included.
"""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from types import SimpleNamespace

import uvloop

from bench.paced.engine import PacedEngine
from bench.paced.environment import PACE_VARIABLE


class CommonParams(SimpleNamespace):
    """Takes every parameter, and keeps those that the engine of fixed pace has a use for."""

    def __init__(self) -> None:
        nested = {name: SimpleNamespace() for name in ("model", "cpuparams", "cpuparams_batch")}
        super().__init__(**nested)
        self.hostnames: list[str] = []
        self.n_predict = 0


class Server:
    """Listens once it is made, in a thread of its own, like the library's."""

    def __init__(self, parameters: CommonParams) -> None:
        (self.listening_address,) = parameters.hostnames
        self._engine = PacedEngine(
            pace_seconds=float(os.environ[PACE_VARIABLE]) / 1000,
            tokens_at_most=parameters.n_predict,
        )
        self._listening = threading.Event()
        gc.disable()  # it would break the beat
        threading.Thread(target=lambda: uvloop.run(self._serve()), daemon=True).start()
        self._listening.wait()

    async def _serve(self) -> None:
        server = await asyncio.start_unix_server(self._engine.converse, self.listening_address)
        self._listening.set()
        await server.serve_forever()
