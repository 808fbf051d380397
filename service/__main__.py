"""The process' entry: `python -m service`."""

from __future__ import annotations

import gc
import logging
import os
import resource
import signal
import sys
import tempfile
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.settings import ServiceSettings


def main() -> int:
    # As process 1 of a container we would ignore SIGTERM until the server handles it.
    signal.signal(signal.SIGTERM, end_at_once)
    # gRPC reads these at import; else it writes lines of its own between ours.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    allow_open_files()
    # Containers often turn it off: each start would then compile the libraries anew, for a second.
    sys.dont_write_bytecode = False
    import uvloop

    from service.logs import write_logs
    from service.model.errors import ModelError
    from service.settings import ServiceSettings, SettingsError

    try:
        settings = ServiceSettings.from_environment(os.environ)
        write_logs(settings.log_level, quote=settings.log_prompts, in_background=True)
        uvloop.run(run(settings))
    except (SettingsError, FileNotFoundError) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except ExceptionGroup as group:
        if (wrong_model := group.subgroup(ModelError)) is None:
            raise
        logging.getLogger("service").critical(sentence(wrong_model))
        return 1
    return 0


async def run(settings: ServiceSettings) -> None:
    """The engine loads its weights while we import what serves, each on a processor of its own."""
    from service.engine_start import first_engine

    with tempfile.TemporaryDirectory(prefix="llm-") as folder:
        socket_path = f"{folder}/engine.sock"
        async with first_engine(settings, socket_path=socket_path) as process:
            from service.server import serve

            freeze_imports()
            await serve(settings, socket_path=socket_path, engine_process=process)


def freeze_imports() -> None:
    """What lives as long as the process is no garbage: each look through all of it took 30 to 70
    ms (measured), in which no stream moves."""
    gc.collect()
    gc.freeze()


def sentence(group: BaseException) -> str:
    """Of the first error in nested groups: each task group around it made one."""
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return str(group)


def allow_open_files() -> None:
    """As many as may be: each connection is one, and a shell's 1,024 are fewer than our limits."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def end_at_once(number: int, frame: FrameType | None) -> None:
    """While nothing listens yet there is nothing to drain."""
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
